package stat

import "math"

// eps ends series and fractions.
const eps = 1e-16

// stirling gives ln Γ(n+1) minus Stirling's approximation (Loader 2000, "Fast
// and accurate computation of binomial probabilities").
func stirling(n float64) float64 {
	if n < 16 {
		g, _ := math.Lgamma(n + 1)
		return g - (n+0.5)*math.Log(n) + n - 0.5*math.Log(2*math.Pi)
	}
	q := 1 / (n * n)
	return (1.0/12 - (1.0/360-(1.0/1260-(1.0/1680-q/1188)*q)*q)*q) / n
}

// deviance gives x ln(x/m) + m − x without cancellation (Loader 2000, bd0).
func deviance(x, m float64) float64 {
	if math.Abs(x-m) < 0.1*(x+m) {
		v := (x - m) / (x + m)
		s := (x - m) * v
		e := 2 * x * v
		for j := 1; j < 1000; j++ {
			e *= v * v
			n := s + e/float64(2*j+1)
			if n == s {
				return n
			}
			s = n
		}
	}
	return x*math.Log(x/m) + m - x
}

// poissonAt gives m^x e^−m / Γ(x+1) for real x ≥ 0.
func poissonAt(x, m float64) float64 {
	switch {
	case m == 0 && x == 0:
		return 1
	case m == 0:
		return 0
	case x == 0:
		return math.Exp(-m)
	}
	return math.Exp(-stirling(x)-deviance(x, m)) / math.Sqrt(2*math.Pi*x)
}

// binomialAt gives Γ(n+1)/(Γ(x+1)Γ(n−x+1)) p^x q^(n−x) for real 0 ≤ x ≤ n,
// with q = 1−p given apart to keep its digits.
func binomialAt(x, n, p, q float64) float64 {
	switch {
	case p == 0:
		return b2f(x == 0)
	case q == 0:
		return b2f(x == n)
	case x == 0:
		return math.Exp(n * math.Log1p(-p))
	case x == n:
		return math.Exp(n * math.Log(p))
	}
	y := n - x
	lc := stirling(n) - stirling(x) - stirling(y) - deviance(x, n*p) - deviance(y, n*q)
	return math.Exp(lc) * math.Sqrt(n/(2*math.Pi*x*y))
}

func b2f(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// gammaPQ gives the regularised incomplete gamma functions P(a,x) and
// Q(a,x) = 1−P, each to full relative precision on its small side.
func gammaPQ(a, x float64) (p, q float64) {
	switch {
	case x <= 0:
		return 0, 1
	case math.IsInf(x, 1):
		return 1, 0
	case x < a+1:
		sum, term := 1.0, 1.0
		for n := 1.0; n < 1e7; n++ {
			term *= x / (a + n)
			sum += term
			if term < sum*eps {
				break
			}
		}
		p = poissonAt(a, x) * sum
		return p, 1 - p
	}
	const tiny = 1e-300
	b := x + 1 - a
	c, d := 1/tiny, 1/b
	h := d
	for n := 1.0; n < 1e7; n++ {
		an := -n * (n - a)
		b += 2
		d = an*d + b
		if math.Abs(d) < tiny {
			d = tiny
		}
		c = b + an/c
		if math.Abs(c) < tiny {
			c = tiny
		}
		d = 1 / d
		step := c * d
		h *= step
		if math.Abs(step-1) < eps*4 {
			break
		}
	}
	q = poissonAt(a, x) * a * h
	return 1 - q, q
}

// betaPQ gives the regularised incomplete beta function I_x(a,b) and its
// complement, with y = 1−x given apart.
func betaPQ(x, y, a, b float64) (p, q float64) {
	switch {
	case x <= 0:
		return 0, 1
	case y <= 0:
		return 1, 0
	case x > (a+1)/(a+b+2):
		q = betaFraction(y, x, b, a)
		return 1 - q, q
	}
	p = betaFraction(x, y, a, b)
	return p, 1 - p
}

// betaFraction sums I_x(a,b) by Lentz's continued fraction, quickly for x up
// to about (a+1)/(a+b+2).
func betaFraction(x, y, a, b float64) float64 {
	front := binomialAt(a, a+b, x, y) * b / (a + b)
	const tiny = 1e-300
	c, d := 1.0, 1-(a+b)*x/(a+1)
	if math.Abs(d) < tiny {
		d = tiny
	}
	d = 1 / d
	h := d
	for m := 1.0; m < 1e6; m++ {
		for _, t := range [2]float64{
			m * (b - m) * x / ((a + 2*m - 1) * (a + 2*m)),
			-(a + m) * (a + b + m) * x / ((a + 2*m) * (a + 2*m + 1)),
		} {
			if d = 1 + t*d; math.Abs(d) < tiny {
				d = tiny
			}
			if c = 1 + t/c; math.Abs(c) < tiny {
				c = tiny
			}
			d = 1 / d
			h *= c * d
		}
		if math.Abs(c*d-1) < eps*4 {
			break
		}
	}
	return front * h
}

// solve finds x in [lo, hi] where the increasing f is 0, by Newton's steps
// kept inside a shrinking bracket. slope is f's derivative.
func solve(lo, hi, x float64, f, slope func(float64) float64) float64 {
	for range 300 {
		v := f(x)
		if v == 0 {
			return x
		}
		if v > 0 {
			hi = x
		} else {
			lo = x
		}
		next := x - v/slope(x)
		if !(next > lo && next < hi) {
			next = lo + (hi-lo)/2
		}
		if next == x || math.Abs(next-x) <= 1e-15*math.Abs(x) || hi-lo <= 1e-300 {
			return next
		}
		x = next
	}
	return x
}

// gammaInv gives x with P(a,x) = p for a > 0.
func gammaInv(p, a float64) float64 {
	switch {
	case p <= 0:
		return 0
	case p >= 1:
		return math.Inf(1)
	}
	hi := a + 10*math.Sqrt(a) + 10
	for {
		if u, _ := gammaPQ(a, hi); u > p || hi > 1e300 {
			break
		}
		hi *= 2
	}
	z := NormalQuantile(p)
	k := 1 - 1/(9*a) + z/(3*math.Sqrt(a))
	start := a * k * k * k // Wilson–Hilferty
	if small := smallGamma(p, a); a < 1 || k < 0.3 {
		start = small
	}
	if !(start > 0 && start < hi) {
		start = hi / 2
	}
	f := func(x float64) float64 {
		u, v := gammaPQ(a, x)
		if p > 0.5 {
			return (1 - p) - v
		}
		return u - p
	}
	return solve(0, hi, start, f, func(x float64) float64 { return poissonAt(a, x) * a / x })
}

// smallGamma gives the quantile where P(a,x) ≈ x^a/Γ(a+1).
func smallGamma(p, a float64) float64 {
	g, _ := math.Lgamma(a + 1)
	return math.Exp((math.Log(p) + g) / a)
}

// smallBeta gives the quantile where I_x(a,b) ≈ x^a/(a·B(a,b)).
func smallBeta(p, a, b float64) float64 {
	ga, _ := math.Lgamma(a + 1)
	gb, _ := math.Lgamma(b)
	gc, _ := math.Lgamma(a + b)
	return math.Exp((math.Log(p) + ga + gb - gc) / a)
}

// betaInv gives x with I_x(a,b) = p for a, b > 0.
func betaInv(p, a, b float64) float64 {
	switch {
	case p <= 0:
		return 0
	case p >= 1:
		return 1
	}
	f := func(x float64) float64 {
		u, v := betaPQ(x, 1-x, a, b)
		if p > 0.5 {
			return (1 - p) - v
		}
		return u - p
	}
	slope := func(x float64) float64 {
		return binomialAt(a, a+b, x, 1-x) * a * b / ((a + b) * x * (1 - x))
	}
	start := a / (a + b)
	if small := smallBeta(p, a, b); small < start/4 {
		start = small
	}
	return solve(0, 1, start, f, slope)
}

// NormalCDF gives the standard normal distribution function at z, precise in
// the lower tail.
func NormalCDF(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 }

// NormalQuantile gives z with NormalCDF(z) = p; ±Inf at 0 and 1, NaN outside.
// Wichura's AS 241 in the middle, Newton's steps on the logarithm in the tail.
func NormalQuantile(p float64) float64 {
	switch {
	case math.IsNaN(p) || p < 0 || p > 1:
		return math.NaN()
	case p == 0:
		return math.Inf(-1)
	case p == 1:
		return math.Inf(1)
	case p > 0.5:
		return -lowerNormal(1 - p)
	}
	return lowerNormal(p)
}

func lowerNormal(p float64) float64 {
	if p > 0.02 {
		return math.Sqrt2 * math.Erfinv(2*p-1)
	}
	z := -math.Sqrt(-2 * math.Log(p))
	for range 50 {
		c := NormalCDF(z)
		step := (math.Log(c) - math.Log(p)) * c * math.Sqrt(2*math.Pi) * math.Exp(z*z/2)
		z -= step
		if math.Abs(step) < 1e-14*math.Abs(z) {
			break
		}
	}
	return z
}
