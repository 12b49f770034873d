package main

import (
	"bufio"
	"context"
	"os"
	"strings"
	"time"
)

type userCmd struct {
	CreateAdmin userCreateAdminCmd `cmd:"" help:"Create the first administrator."`
}

type userCreateAdminCmd struct {
	configFlag
	Email        string `arg:"" help:"Address to sign in with."`
	Name         string `required:"" help:"Name, as others see it."`
	Institution  string `help:"Institution id; without it the desk's own authority."`
	PasswordFile string `type:"existingfile" help:"File whose first line is the password; - reads standard input. Without it a link is printed that lets the administrator choose."`
}

func (userCreateAdminCmd) Help() string {
	return `A desk has no default password. This makes one administrator, who invites all
others from the page "People". The second factor is set up at the first sign-in.`
}

func (v *userCreateAdminCmd) Run(ctx context.Context, std *stdio, env environ) error {
	password := ""
	if v.PasswordFile != "" {
		in := std.in
		if v.PasswordFile != "-" {
			f, err := os.Open(v.PasswordFile)
			if err != nil {
				return err
			}
			defer f.Close()
			in = f
		}
		line, err := bufio.NewReader(in).ReadString('\n')
		if err != nil && line == "" {
			return exitError{exitUsage, "the password file is empty"}
		}
		password = strings.TrimRight(line, "\r\n")
	}
	a, err := v.open(ctx, env, std)
	if err != nil {
		return err
	}
	defer a.Stop(context.WithoutCancel(ctx))
	institution := v.Institution
	if institution == "" {
		institution = a.AuthorityID()
	}
	p, link, err := a.Access.CreateAdmin(ctx, v.Name, v.Email, institution, password, time.Now())
	if err != nil {
		return err
	}
	std.printf("created %s (%s)\n", p.Email, p.ID)
	if password == "" {
		std.printf("open this link to choose the password; it works once, until %s\n%s/link/%s\n", link.Ends.Format(time.RFC1123), a.URL(), link.Secret)
	}
	return nil
}
