// Products with frozen weights, which are packed once: panels of as many columns as a tile has, each [words(K), PANEL].
#include "product.h"

enum { PANEL = VECTORS * FLOATS, ROWS = 48 };

// GOMP_parallel of the OpenMP library that the process has: runs `work` in each of `threads` threads.
typedef void (*Parallel)(void (*work)(void *), void *job, unsigned threads, unsigned flags);

typedef struct {
    const real *x, *bias;
    const uint32_t *packed;
    real *output;
    size_t T, K, N, rows;
    int add;
    size_t next, count;
} Job;

static inline size_t columns_from(size_t n, size_t N) { return N - n < PANEL ? N - n : PANEL; }

// Weights [N, K]; K is even, N a multiple of 16.
void pack_weight(const real *weight, size_t N, size_t K, uint32_t *into) {
    for (size_t n = 0; n < N; n += PANEL)
        for (size_t c = 0; c < columns_from(n, N); c += FLOATS)
            for (size_t k = 0; k < words(K); k += FLOATS)
                transpose_block((const uint32_t *)(weight + (n + c) * K) + k, words(K), FLOATS, words(K) - k,
                                into + n * words(K) + k * columns_from(n, N) + c, columns_from(n, N));
}

static void work(void *of) {
    Job *job = of;
    const size_t panels = (job->N + PANEL - 1) / PANEL, K = job->K, N = job->N;
    for (;;) {
        const size_t number = __atomic_fetch_add(&job->next, 1, __ATOMIC_RELAXED);
        if (number >= job->count) return;
        const size_t n = number % panels * PANEL, t = number / panels * job->rows, columns = columns_from(n, N);
        const size_t M = job->T - t < job->rows ? job->T - t : job->rows;
        Into into = rounded(job->output + t * N + n, N, job->add, 1);
        into.bias = job->bias ? job->bias + n : NULL;
        product(M, columns, words(K), rows_of(job->x + t * K, K),
                (Right){job->packed + n * words(K), columns}, into);
    }
}

// output [T, N] (+)= x [T, K] times the packed weight, + bias [N] if there is one, in `threads` threads.
void packed_product(
    const real *x, const uint32_t *packed, const real *bias, size_t T, size_t K, size_t N, int add, real *output,
    unsigned threads, Parallel parallel
) {
    if (!T) return;
    const size_t rows = threads > 1 ? ROWS : T, panels = (N + PANEL - 1) / PANEL;
    Job job = {x, bias, packed, output, T, K, N, rows, add, 0, panels * ((T + rows - 1) / rows)};
    if (threads > 1) parallel(work, &job, threads, 0);
    else work(&job);
}
