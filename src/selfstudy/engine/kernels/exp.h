// e to the power of 16 numbers, to a few units of the last place of float32; 0 far below, infinity far above.
#pragma once

#include <immintrin.h>
#include <math.h>

static inline __m512 exponential(__m512 x) {
    // The second one is what a comparison with NaN gives.
    x = _mm512_min_ps(_mm512_set1_ps(89), _mm512_max_ps(_mm512_set1_ps(-104), x));
    const __m512 whole = _mm512_roundscale_ps(
        _mm512_mul_ps(x, _mm512_set1_ps(1.44269504f)), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    // ln 2 in two parts, so that what is left of x keeps its digits.
    __m512 rest = _mm512_fnmadd_ps(whole, _mm512_set1_ps(0.693145752f), x);
    rest = _mm512_fnmadd_ps(whole, _mm512_set1_ps(1.42860677e-6f), rest);
    __m512 sum = _mm512_set1_ps(1.f / 720);
    sum = _mm512_fmadd_ps(sum, rest, _mm512_set1_ps(1.f / 120));
    sum = _mm512_fmadd_ps(sum, rest, _mm512_set1_ps(1.f / 24));
    sum = _mm512_fmadd_ps(sum, rest, _mm512_set1_ps(1.f / 6));
    sum = _mm512_fmadd_ps(sum, rest, _mm512_set1_ps(.5f));
    sum = _mm512_fmadd_ps(sum, rest, _mm512_set1_ps(1));
    sum = _mm512_fmadd_ps(sum, rest, _mm512_set1_ps(1));
    return _mm512_scalef_ps(sum, whole);
}
