// Package stix reads, checks, identifies and converts STIX 2.1 content.
package stix
