// e to the power of a register's numbers, to a few units of the last place of float32; 0 far below, infinity far above.
#pragma once

#include <math.h>

#include "registers.h"

static inline Floats exponential(Floats x) {
    x = lower(all(89), higher(all(-104), x));
    const Floats power = whole(x * all(1.44269504f));
    // ln 2 in two parts, so that what is left of x keeps its digits.
    Floats rest = fused_less(power, all(0.693145752f), x);
    rest = fused_less(power, all(1.42860677e-6f), rest);
    Floats sum = fused(all(1.f / 720), rest, all(1.f / 120));
    sum = fused(sum, rest, all(1.f / 24));
    sum = fused(sum, rest, all(1.f / 6));
    sum = fused(sum, rest, all(.5f));
    sum = fused(sum, rest, all(1));
    sum = fused(sum, rest, all(1));
    return scaled(sum, power);
}
