package main

import (
	"context"
	"time"

	"kulla.dev/internal/app"
)

// once writes what a visitor of the demo would look at, and ends.
func (v *demoCmd) once(ctx context.Context, std *stdio, a *app.App, began time.Time) error {
	files, err := a.WriteDemo(ctx, v.Out)
	if err != nil {
		return err
	}
	for _, f := range files {
		std.printf("wrote %s\n", f)
	}
	std.printf("done in %.1f s\n", time.Since(began).Seconds())
	return nil
}
