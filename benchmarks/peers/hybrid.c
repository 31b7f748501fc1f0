/* The reference workload W, hybrid algorithm, in C: the yardstick for kladsim's own kernels.
 *
 * Written for this benchmark. The rules stand in benchmarks/README.md; the algorithm:
 *   - agents sorted by region, regions cut into chunks of at most 65,536 agents;
 *   - the active agents of a chunk (all states but "never") packed side by side: id u32, x f32, state+platform u8;
 *   - a day scans the active agents in blocks of 4,096: mark (branch-free, vectorised) -> list -> one loop an event;
 *   - one 64-bit counter-based draw (splitmix64 finaliser) an active agent and day: purchase in the high half,
 *     transition in the low half, the latter against a bound (x <= 4) and rechecked exactly on the few candidates;
 *   - never -> casual by skip sampling: geometric gaps over the chunk's index at a fixed bound, then thinned;
 *   - threads share the chunks of a day; every sum is an integer, so results do not depend on the threads.
 *
 * gcc -O3 -march=native -ffp-contract=off -std=gnu11 hybrid.c -o hybrid -lpthread -lm
 * ./hybrid --agents 17000000 --days 60 --threads 2 [--active] [--seed 1] [--json]
 */
#define _GNU_SOURCE
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

typedef uint8_t u8;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int64_t i64;

enum { REGIONS = 83, PLATFORMS = 5, SHOPS_EACH = 200, SHOPS = PLATFORMS * SHOPS_EACH, STATES = 5 };
enum { CHUNK = 65536, BLOCK = 4096, MAX_THREADS = 256 };
enum { NEVER, CASUAL, REGULAR, DEPENDENT, TREATMENT };

static const double START[STATES] = {0.85, 0.09, 0.04, 0.015, 0.005};
static const double START_ACTIVE[STATES] = {0.0, 0.60, 0.27, 0.10, 0.03};
static const double BUYS[STATES] = {0.0, 0.02, 0.12, 0.45, 0.0};
static const double UP[STATES] = {2e-5, 5e-4, 4e-4, 1e-3, 2e-3};
static const double DOWN[STATES] = {0.0, 4e-4, 8e-4, 5e-4, 2e-3};
static const u8 UP_TO[STATES] = {CASUAL, REGULAR, DEPENDENT, TREATMENT, CASUAL};
static const u8 DOWN_TO[STATES] = {NEVER, NEVER, CASUAL, REGULAR, NEVER};
static const double X_MAX = 4.0, F_MAX = 5.5, TWO32 = 4294967296.0;

typedef struct {
    u32 region, first, size;       /* agents first .. first + size - 1 */
    u32 active, room;              /* packed: active in use of room */
    u32 *id;
    float *x;
    u8 *sp;                        /* state in the low three bits, platform above */
    i64 count[STATES];
} Chunk;

typedef struct { u32 price, quality; } Shop;

typedef struct {                   /* what a thread adds up during a day, and its scratch space */
    i64 purchases[REGIONS], revenue[SHOPS], users[REGIONS], count[STATES];
    u8 mark[BLOCK] __attribute__((aligned(64)));
    u32 list[BLOCK + 8];
    u32 moves[CHUNK], entries[CHUNK];
} __attribute__((aligned(64))) Worker;

static u32 agents = 1000000, days = 60, threads = 1;
static u64 seed = 1;
static int everybody_active, as_json;
static Chunk *chunks;
static u32 n_chunks;
static float *all_x;               /* x of the agents in "never"; the others' lives in their chunk's pack */
static u8 *all_sp;
static Shop shops[SHOPS];
static i64 region_size[REGIONS];
static double factor[REGIONS];
static Worker *workers;
static i64 *rec_purchases, *rec_revenue, *rec_states;
static double first_day_s, later_days_s, began, first_cpu_s;
static _Atomic u32 next_chunk, arrived, generation;

static inline u64 mix(u64 z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}
static inline u64 draw(u64 key, u32 id) { return mix((u64)id * 0x9E3779B97F4A7C15u ^ key); }
static u64 key_of(u32 process, u32 day) { return mix(mix(seed * 0xD1342543DE82EF95u + process) + day * 0x2545F4914F6CDD1Du); }
static u32 threshold(double p) { return p >= 1.0 ? UINT32_MAX : (u32)(p * TWO32); }

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + 1e-9 * t.tv_nsec;
}
static double cpu(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec + 1e-9 * t.tv_nsec;
}
static void *must(void *p) {
    if (!p) { fprintf(stderr, "hybrid: out of memory\n"); exit(1); }
    return p;
}

/* ---- population ------------------------------------------------------------------------------------------------ */

static void make_room(Chunk *c, u32 wanted) {
    if (wanted <= c->room) return;
    u32 room = wanted + wanted / 16 + 64;
    if (room > c->size) room = c->size;
    c->id = must(realloc(c->id, sizeof(u32) * room));
    c->x = must(realloc(c->x, sizeof(float) * room));
    c->sp = must(realloc(c->sp, room));
    c->room = room;
}
static inline void append(Chunk *c, u32 id, float x, u8 sp) {
    make_room(c, c->active + 1);
    c->id[c->active] = id, c->x[c->active] = x, c->sp[c->active] = sp;
    c->active++;
}

static void make_chunks(void) {
    double weight = 0.0, done = 0.0;
    for (u32 r = 0; r < REGIONS; r++) weight += 1.0 / (r + 3);
    chunks = must(calloc(agents / CHUNK + 2 * REGIONS, sizeof(Chunk)));
    u32 first = 0;
    for (u32 r = 0; r < REGIONS; r++) {
        done += 1.0 / (r + 3);
        u32 end = r + 1 == REGIONS ? agents : (u32)(agents * (done / weight));
        u32 size = end - first, parts = (size + CHUNK - 1) / CHUNK;
        region_size[r] = size;
        for (u32 k = 0; k < parts; k++) {
            u32 a = (u32)((u64)size * k / parts), b = (u32)((u64)size * (k + 1) / parts);
            chunks[n_chunks++] = (Chunk){.region = r, .first = first + a, .size = b - a};
        }
        first = end;
    }
}

static void fill_chunk(Chunk *c) {
    const double *share = everybody_active ? START_ACTIVE : START;
    u64 key = key_of(90, 0), key_x = key_of(91, 0);
    double never = share[NEVER];
    make_room(c, (u32)(c->size * (1.0 - never)));
    for (u32 i = c->first; i < c->first + c->size; i++) {
        u64 z = draw(key, i);
        double u = (u32)z / TWO32;
        u8 s = 0;
        while (s < STATES - 1 && u >= share[s]) u -= share[s++];
        u8 sp = s | (u8)(((z >> 32) * PLATFORMS >> 32) << 3);
        float x = (float)(0.5 + (draw(key_x, i) >> 32) / TWO32);
        all_sp[i] = sp, all_x[i] = x;
        c->count[s]++;
        if (s != NEVER) append(c, i, x, sp);
    }
}

static void make_world(void) {
    make_chunks();
    all_x = must(malloc(sizeof(float) * (size_t)agents));
    all_sp = must(malloc(agents));
    for (u32 c = 0; c < n_chunks; c++) fill_chunk(&chunks[c]);
    for (u32 k = 0; k < SHOPS; k++) {
        u64 z = draw(key_of(92, 0), k);
        shops[k].price = 1000 + (u32)((z >> 32) * 4001 >> 32);
        shops[k].quality = threshold(0.80 + 0.19 * ((u32)z / TWO32));
    }
    rec_purchases = must(calloc((size_t)days * REGIONS, sizeof(i64)));
    rec_revenue = must(calloc((size_t)days * SHOPS, sizeof(i64)));
    rec_states = must(calloc((size_t)days * STATES, sizeof(i64)));
    workers = must(aligned_alloc(64, sizeof(Worker) * threads));
    memset(workers, 0, sizeof(Worker) * threads);
}

/* ---- one day of one chunk -------------------------------------------------------------------------------------- */

/* mark[i]: bit 0 buys today, bit 1 may change state today. Compares instead of table look-ups: no gathers. */
static void mark_block(const u32 *restrict id, const u8 *restrict sp, u8 *restrict mark, u32 n, u64 key,
                       const u32 *buy, const u32 *move) {
    const u32 b1 = buy[1], b2 = buy[2], b3 = buy[3], m1 = move[1], m2 = move[2], m3 = move[3], m4 = move[4];
    for (u32 i = 0; i < n; i++) {
        u64 z = draw(key, id[i]);
        u32 hi = (u32)(z >> 32), lo = (u32)z, s = sp[i] & 7;
        u32 tb = s == CASUAL ? b1 : s == REGULAR ? b2 : s == DEPENDENT ? b3 : 0;
        u32 tm = s == CASUAL ? m1 : s == REGULAR ? m2 : s == DEPENDENT ? m3 : m4;
        mark[i] = (u8)((hi < tb) | (lo < tm) << 1);
    }
}

/* Bit k of the result is bit `which` of mark[k], for 64 marks. */
static inline u64 mask_of(const u8 *mark, u32 which) {
    u64 mask = 0, m;
    for (u32 k = 0; k < 8; k++) {
        memcpy(&m, mark + 8 * k, 8);
        mask |= ((m >> which & 0x0101010101010101u) * 0x0102040810204080u >> 56) << 8 * k;
    }
    return mask;
}

static u32 purchases_of_block(Chunk *c, Worker *w, u32 base, u32 n, u32 *n_moves, u64 key) {
    u32 *restrict list = w->list, *restrict moves = w->moves + *n_moves, listed = 0, moving = 0;
    for (u32 i = 0; i < n; i += 64) {
        for (u32 k = 0; k < 4; k++) __builtin_prefetch(c->id + base + i + BLOCK + 16 * k);
        __builtin_prefetch(c->sp + base + i + BLOCK);
        for (u64 b = mask_of(w->mark + i, 0); b; b &= b - 1) {
            u32 at = base + i + __builtin_ctzll(b);
            __builtin_prefetch(c->x + at, 1);
            list[listed++] = at;
        }
        for (u64 b = mask_of(w->mark + i, 1); b; b &= b - 1) moves[moving++] = base + i + __builtin_ctzll(b);
    }
    *n_moves += moving;
    static const float STEP[2] = {0.9f, 1.01f};
    for (u32 k = 0; k < listed; k++) {
        u32 i = list[k];
        u64 z = draw(key, c->id[i]);
        u32 shop = (c->sp[i] >> 3) * SHOPS_EACH + (u32)((z >> 32) * SHOPS_EACH >> 32);
        float x = c->x[i] * STEP[(u32)z < shops[shop].quality];
        x = x > 4.0f ? 4.0f : x;
        c->x[i] = x < 0.25f ? 0.25f : x;
        w->revenue[shop] += shops[shop].price;
    }
    return listed;
}

/* never -> casual: candidates at the fixed bound UP * X_MAX * F_MAX, accepted with (f / F_MAX) * (x / X_MAX). */
static u32 find_entries(const Chunk *c, Worker *w, u32 chunk, u64 key, double f) {
    const double gap = 1.0 / log1p(-UP[NEVER] * X_MAX * F_MAX);
    u32 found = 0;
    u64 at = 0, z;
    for (u32 k = 0;; k++, at++) {
        z = mix(((u64)chunk << 32 | k) * 0x9E3779B97F4A7C15u ^ key);
        at += (u64)(log(((z >> 11) + 1) * 0x1p-53) * gap);
        if (at >= c->size) return found;
        u32 i = c->first + (u32)at;
        double u = (mix(z ^ key) >> 11) * 0x1p-53 * F_MAX;
        if (u >= f || (all_sp[i] & 7) != NEVER) continue;
        if (u * X_MAX < f * all_x[i]) w->entries[found++] = i;
    }
}

static void move_agents(Chunk *c, Worker *w, u32 n, u64 key, double f) {
    while (n--) {                                      /* from the end, so that a removal disturbs no later index */
        u32 i = w->moves[n], s = c->sp[i] & 7;
        double u = (u32)draw(key, c->id[i]) / TWO32, up = UP[s] * c->x[i] * f;
        u32 to = u < up ? UP_TO[s] : u < up + (1.0 - up) * DOWN[s] ? DOWN_TO[s] : s;
        if (to == s) continue;
        c->count[s]--, c->count[to]++;
        c->sp[i] = (u8)((c->sp[i] & ~7) | to);
        if (to != NEVER) continue;
        u32 id = c->id[i], last = --c->active;
        all_x[id] = c->x[i], all_sp[id] = c->sp[i];
        c->id[i] = c->id[last], c->x[i] = c->x[last], c->sp[i] = c->sp[last];
    }
}

static void day_of_chunk(u32 which, Worker *w, u32 day) {
    Chunk *c = &chunks[which];
    const double f = factor[c->region];
    const u64 key = key_of(1, day), key_shop = key_of(2, day);
    u32 buy[STATES], move[STATES], n_moves = 0, bought = 0;
    for (u32 s = 0; s < STATES; s++) {
        buy[s] = threshold(BUYS[s]);
        move[s] = threshold(UP[s] * X_MAX * f + DOWN[s]) + 1;
    }
    for (u32 base = 0; base < c->active; base += BLOCK) {
        u32 n = c->active - base < BLOCK ? c->active - base : BLOCK;
        mark_block(c->id + base, c->sp + base, w->mark, n, key, buy, move);
        memset(w->mark + n, 0, -n & 63);
        bought += purchases_of_block(c, w, base, n, &n_moves, key_shop);
    }
    u32 n_entries = find_entries(c, w, which, key_of(3, day), f);
    for (u32 k = 0; k < n_entries; k++) {
        u32 i = w->entries[k];
        all_sp[i] = (u8)((all_sp[i] & ~7) | CASUAL);
        append(c, i, all_x[i], all_sp[i]);
    }
    c->count[NEVER] -= n_entries, c->count[CASUAL] += n_entries;
    move_agents(c, w, n_moves, key, f);
    w->purchases[c->region] += bought;
    w->users[c->region] += c->count[CASUAL] + c->count[REGULAR] + c->count[DEPENDENT];
    for (u32 s = 0; s < STATES; s++) w->count[s] += c->count[s];
}

/* ---- threads --------------------------------------------------------------------------------------------------- */

static void set_factor(u32 r, i64 users) { factor[r] = 0.5 + 5.0 * (region_size[r] ? (double)users / region_size[r] : 0.0); }

/* Runs once a day, on the thread that arrived last: record, then the next day's region factors. */
static void close_day(u32 day) {
    i64 users[REGIONS] = {0};
    for (u32 t = 0; t < threads; t++) {
        Worker *w = &workers[t];
        for (u32 r = 0; r < REGIONS; r++) rec_purchases[(size_t)day * REGIONS + r] += w->purchases[r], users[r] += w->users[r];
        for (u32 k = 0; k < SHOPS; k++) rec_revenue[(size_t)day * SHOPS + k] += w->revenue[k];
        for (u32 s = 0; s < STATES; s++) rec_states[(size_t)day * STATES + s] += w->count[s];
        memset(w, 0, offsetof(Worker, mark));
    }
    for (u32 r = 0; r < REGIONS; r++) set_factor(r, users[r]);
    atomic_store(&next_chunk, 0);
    double t = now();
    if (day == 0) first_day_s = t - began, first_cpu_s = cpu(); else later_days_s += t - began;
    began = t;
}

static void meet(u32 day) {
    u32 mine = atomic_load(&generation);
    if (atomic_fetch_add(&arrived, 1) + 1 == threads) {
        close_day(day);
        atomic_store(&arrived, 0);
        atomic_fetch_add(&generation, 1);
        return;
    }
    for (u32 spins = 0; atomic_load(&generation) == mine; spins++)
        if (spins > 2000) sched_yield();
}

static void *work(void *arg) {
    Worker *w = arg;
    for (u32 day = 0; day < days; day++) {
        for (u32 c; (c = atomic_fetch_add(&next_chunk, 1)) < n_chunks;) day_of_chunk(c, w, day);
        meet(day);
    }
    return NULL;
}

static void run_days(void) {
    pthread_t handle[MAX_THREADS];
    i64 users[REGIONS] = {0};
    for (u32 c = 0; c < n_chunks; c++)
        users[chunks[c].region] += chunks[c].count[CASUAL] + chunks[c].count[REGULAR] + chunks[c].count[DEPENDENT];
    for (u32 r = 0; r < REGIONS; r++) set_factor(r, users[r]);
    began = now();
    for (u32 t = 1; t < threads; t++)
        if (pthread_create(&handle[t], NULL, work, &workers[t])) { fprintf(stderr, "hybrid: no thread\n"); exit(1); }
    work(&workers[0]);
    for (u32 t = 1; t < threads; t++) pthread_join(handle[t], NULL);
}

/* ---- command line ---------------------------------------------------------------------------------------------- */

static u64 number(const char *name, const char *text, u64 low, u64 high) {
    char *end = NULL;
    unsigned long long v = text ? strtoull(text, &end, 10) : 0;
    if (!text || *end || v < low || v > high) {
        fprintf(stderr, "hybrid: %s needs a whole number from %llu to %llu\n", name, (unsigned long long)low, (unsigned long long)high);
        exit(2);
    }
    return v;
}

static void read_options(int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        const char *a = argv[i];
        if (!strcmp(a, "--active")) everybody_active = 1;
        else if (!strcmp(a, "--json")) as_json = 1;
        else if (!strcmp(a, "--agents")) agents = (u32)number(a, argv[++i], 1000, 2000000000);
        else if (!strcmp(a, "--days")) days = (u32)number(a, argv[++i], 2, 100000);
        else if (!strcmp(a, "--threads")) threads = (u32)number(a, argv[++i], 1, MAX_THREADS);
        else if (!strcmp(a, "--seed")) seed = number(a, argv[++i], 0, UINT64_MAX);
        else { fprintf(stderr, "hybrid: unknown option %s\n", a); exit(2); }
    }
}

static u64 checksum(void) {
    u64 h = 0;
    for (size_t k = 0; k < (size_t)days * REGIONS; k++) h = mix(h ^ (u64)rec_purchases[k]) + k;
    for (size_t k = 0; k < (size_t)days * SHOPS; k++) h = mix(h ^ (u64)rec_revenue[k]) + k;
    for (size_t k = 0; k < (size_t)days * STATES; k++) h = mix(h ^ (u64)rec_states[k]) + k;
    return h;
}

int main(int argc, char **argv) {
    double start = now();
    read_options(argc, argv);
    make_world();
    run_days();
    double days_cpu_s = cpu();
    i64 bought = 0;
    for (size_t k = 0; k < (size_t)days * REGIONS; k++) bought += rec_purchases[k];
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    double rate = (double)agents * (days - 1) / later_days_s, cpu_s = days_cpu_s - first_cpu_s;
    i64 last = 0;
    for (u32 r = 0; r < REGIONS; r++) last += rec_purchases[(size_t)(days - 1) * REGIONS + r];
    const i64 *s = rec_states + (size_t)(days - 1) * STATES;
    printf(as_json ? "{\"implementation\": \"c-hybrid\", \"agents\": %u, \"days\": %u, \"threads\": %u, \"active\": %s, "
                     "\"agent_days_per_s\": %.6g, \"cpu_s\": %.6g, \"wall_s\": %.4f, \"first_day_s\": %.4f, \"peak_bytes\": %lld, "
                     "\"purchases\": %lld, \"purchases_per_day\": %.6g, \"states\": [%lld, %lld, %lld, %lld, %lld], \"checksum\": \"%016llx\"}\n"
                   : "c-hybrid agents=%u days=%u threads=%u active=%s agent_days_per_s=%.4g cpu_s=%.4g wall_s=%.3f first_day_s=%.4f "
                     "peak_bytes=%lld purchases=%lld purchases_per_day=%.6g states=%lld,%lld,%lld,%lld,%lld checksum=%016llx\n",
           agents, days, threads, everybody_active ? "true" : "false", rate, cpu_s, now() - start, first_day_s,
           (long long)usage.ru_maxrss * 1024, (long long)last, (double)bought / days, (long long)s[0], (long long)s[1], (long long)s[2],
           (long long)s[3], (long long)s[4], (unsigned long long)checksum());
    return 0;
}
