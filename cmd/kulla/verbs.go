package main

import "github.com/alecthomas/kong"

// verbs gives the words that can follow each verb, "" for the first.
func verbs() (map[string][]word, error) {
	var c cli
	p, err := kong.New(&c, kong.Name("kulla"))
	if err != nil {
		return nil, err
	}
	out := map[string][]word{}
	for _, n := range p.Model.Children {
		out[""] = append(out[""], word{n.Name, n.Help})
		for _, sub := range n.Children {
			out[n.Name] = append(out[n.Name], word{sub.Name, sub.Help})
		}
		for _, f := range n.Flags {
			out[n.Name] = append(out[n.Name], word{"--" + f.Name, f.Help})
		}
	}
	return out, nil
}
