/*
 * SSE operations on the lowest element. An unmasked exception arrives as SIGFPE: the handler keeps the flags that the processor had set,
 * masks everything in the interrupted context and lets the instruction run again.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>
#include <ucontext.h>

#include "record.h"

static const uint32_t standard = 0x1f80;
static volatile sig_atomic_t trapped;
static volatile uint32_t trapped_flags;

static void on_fpe(int number, siginfo_t *info, void *context) {
  (void)number;
  (void)info;
  ucontext_t *const interrupted = context;
  trapped = 1;
  trapped_flags = interrupted->uc_mcontext.fpregs->mxcsr & 63;
  interrupted->uc_mcontext.fpregs->mxcsr = standard;
}

void install_handler(void) {
  struct sigaction action = {0};
  action.sa_sigaction = on_fpe;
  action.sa_flags = SA_SIGINFO;
  if (sigaction(SIGFPE, &action, NULL)) abort();
}

static uint32_t control_of(const record *r) {
  const uint32_t daz = r->mode & MODE_DAZ ? 1u << 6 : 0;
  const uint32_t ftz = r->mode & MODE_FTZ ? 1u << 15 : 0;
  return daz | ftz | (uint32_t)r->masks << 7 | (uint32_t)r->rounding << 13;
}

static void take_status(record *r, uint32_t status) {
  r->flags = trapped ? trapped_flags : status & 63;
  trapped = 0;
}

#define CONTROL [control] "m"(control), [standard] "m"(standard)
#define BEGIN "ldmxcsr %[control]\n\t"
#define FINISH "\n\tstmxcsr %[status]\n\tldmxcsr %[standard]\n\t"

/* a and b to a result in the same register. */
#define VECTOR(name, load, text, store)                                                                                      \
  static void name(record *r) {                                                                                              \
    const uint32_t control = control_of(r);                                                                                  \
    uint32_t status;                                                                                                         \
    __asm__ volatile(load " %[a], %%xmm0\n\t" load " %[b], %%xmm1\n\t" BEGIN text FINISH store " %%xmm0, %[result]"          \
                     : [status] "=m"(status), [result] "=m"(r->result)                                                       \
                     : [a] "m"(r->a), [b] "m"(r->b), CONTROL                                                                 \
                     : "xmm0", "xmm1");                                                                                      \
    take_status(r, status);                                                                                                  \
  }

#define COMPARE(name, load, text)                                                                                            \
  static void name(record *r) {                                                                                              \
    const uint32_t control = control_of(r);                                                                                  \
    uint32_t status;                                                                                                         \
    uint64_t flags;                                                                                                          \
    __asm__ volatile(load " %[a], %%xmm0\n\t" load " %[b], %%xmm1\n\t" BEGIN text " %%xmm1, %%xmm0" FINISH                   \
                          "pushfq\n\tpopq %[flags]"                                                                          \
                     : [status] "=m"(status), [flags] "=r"(flags)                                                            \
                     : [a] "m"(r->a), [b] "m"(r->b), CONTROL                                                                 \
                     : "xmm0", "xmm1", "cc");                                                                                \
    take_status(r, status);                                                                                                  \
    r->condition = flags & 0x45;                                                                                             \
  }

/* With a size suffix for 64 bits: gcc folds functions whose assembly text is the same, whatever the operands' types. */
#define TO_INTEGER(name, load, text, type)                                                                                   \
  static void name(record *r) {                                                                                              \
    const uint32_t control = control_of(r);                                                                                  \
    uint32_t status;                                                                                                         \
    type value;                                                                                                              \
    __asm__ volatile(load " %[a], %%xmm0\n\t" BEGIN text " %%xmm0, %[value]" FINISH                                          \
                     : [status] "=m"(status), [value] "=r"(value)                                                            \
                     : [a] "m"(r->a), CONTROL                                                                                \
                     : "xmm0");                                                                                              \
    take_status(r, status);                                                                                                  \
    r->result.low = (uint64_t)(int64_t)value;                                                                                \
  }

#define FROM_INTEGER(name, text, type, store)                                                                                \
  static void name(record *r) {                                                                                              \
    const uint32_t control = control_of(r);                                                                                  \
    const type value = (type)r->a.low;                                                                                       \
    uint32_t status;                                                                                                         \
    __asm__ volatile("pxor %%xmm0, %%xmm0\n\t" BEGIN text " %[value], %%xmm0" FINISH store " %%xmm0, %[result]"              \
                     : [status] "=m"(status), [result] "=m"(r->result)                                                       \
                     : [value] "r"(value), CONTROL                                                                           \
                     : "xmm0");                                                                                              \
    take_status(r, status);                                                                                                  \
  }

#define BOTH(name, text)                                                                                                     \
  VECTOR(f32_##name, "movss", text "ss %%xmm1, %%xmm0", "movss")                                                             \
  VECTOR(f64_##name, "movsd", text "sd %%xmm1, %%xmm0", "movsd")

BOTH(add, "add")
BOTH(sub, "sub")
BOTH(mul, "mul")
BOTH(div, "div")
VECTOR(f32_sqrt, "movss", "sqrtss %%xmm0, %%xmm0", "movss")
VECTOR(f64_sqrt, "movsd", "sqrtsd %%xmm0, %%xmm0", "movsd")
VECTOR(f32_to_f64, "movss", "cvtss2sd %%xmm0, %%xmm0", "movsd")
VECTOR(f64_to_f32, "movsd", "cvtsd2ss %%xmm0, %%xmm0", "movss")
COMPARE(f32_compare, "movss", "ucomiss")
COMPARE(f64_compare, "movsd", "ucomisd")
COMPARE(f32_compare_signaling, "movss", "comiss")
COMPARE(f64_compare_signaling, "movsd", "comisd")
TO_INTEGER(f32_to_i32, "movss", "cvtss2si", int32_t)
TO_INTEGER(f32_to_i64, "movss", "cvtss2siq", int64_t)
TO_INTEGER(f64_to_i32, "movsd", "cvtsd2si", int32_t)
TO_INTEGER(f64_to_i64, "movsd", "cvtsd2siq", int64_t)
TO_INTEGER(f32_to_i32_trunc, "movss", "cvttss2si", int32_t)
TO_INTEGER(f32_to_i64_trunc, "movss", "cvttss2siq", int64_t)
TO_INTEGER(f64_to_i32_trunc, "movsd", "cvttsd2si", int32_t)
TO_INTEGER(f64_to_i64_trunc, "movsd", "cvttsd2siq", int64_t)
FROM_INTEGER(i32_to_f32, "cvtsi2ssl", int32_t, "movss")
FROM_INTEGER(i64_to_f32, "cvtsi2ssq", int64_t, "movss")
FROM_INTEGER(i32_to_f64, "cvtsi2sdl", int32_t, "movsd")
FROM_INTEGER(i64_to_f64, "cvtsi2sdq", int64_t, "movsd")

/* ROUNDSS and ROUNDSD: bits 0 and 1 of the immediate round, bit 2 takes MXCSR's rounding, bit 3 suppresses PE. */
#define ROUND(width, load, text, number) VECTOR(width##_round_##number, load, text " $" #number ", %%xmm0, %%xmm0", load)
#define ROUNDS(width, load, text)                                                                                            \
  ROUND(width, load, text, 0) ROUND(width, load, text, 1) ROUND(width, load, text, 2) ROUND(width, load, text, 3)            \
  ROUND(width, load, text, 4) ROUND(width, load, text, 8) ROUND(width, load, text, 9) ROUND(width, load, text, 10)           \
  ROUND(width, load, text, 11) ROUND(width, load, text, 12)                                                                  \
  static void width##_round_int(record *r) {                                                                                 \
    static void (*const rounds[])(record *) = {                                                                              \
        width##_round_0, width##_round_1, width##_round_2, width##_round_3, width##_round_4, width##_round_4,                \
        width##_round_4, width##_round_4, width##_round_8, width##_round_9, width##_round_10, width##_round_11,              \
        width##_round_12, width##_round_12, width##_round_12, width##_round_12,                                              \
    };                                                                                                                       \
    rounds[r->immediate](r);                                                                                                 \
  }
ROUNDS(f32, "movss", "roundss")
ROUNDS(f64, "movsd", "roundsd")

#define ROWS(width, pick)                                                                                                    \
  {#width "_add", width##_add, pick, 0}, {#width "_sub", width##_sub, pick, 0}, {#width "_mul", width##_mul, pick, 0},       \
      {#width "_div", width##_div, pick, 0}, {#width "_sqrt", width##_sqrt, pick, 0},                                        \
      {#width "_compare", width##_compare, pick, 0}, {#width "_compare_signaling", width##_compare_signaling, pick, 0},      \
      {#width "_to_i32", width##_to_i32, pick, 0}, {#width "_to_i64", width##_to_i64, pick, 0},                              \
      {#width "_to_i32_trunc", width##_to_i32_trunc, pick, 0}, {#width "_to_i64_trunc", width##_to_i64_trunc, pick, 0},      \
      {#width "_round_int", width##_round_int, pick, 15}, {"i32_to_" #width, i32_to_##width, PICK_INTEGER, 0},               \
      {"i64_to_" #width, i64_to_##width, PICK_INTEGER, 0},

const operation sse_operations[] = {
    ROWS(f32, PICK_F32) ROWS(f64, PICK_F64) {"f32_to_f64", f32_to_f64, PICK_F32, 0},
    {"f64_to_f32", f64_to_f32, PICK_F64, 0},
    {0, 0, PICK_NONE, 0},
};
