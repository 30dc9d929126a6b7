/*
 * x87 operations. Each starts from FNINIT, loads its operands, runs under the record's control word, and takes the status word before
 * anything else touches it. FNCLEX then drops a pending unmasked exception, so that no signal is raised and its result can be stored.
 */
#include "record.h"

static uint16_t control_of(const record *r) {
  const unsigned precision = r->precision == 24 ? 0 : r->precision == 53 ? 2 : 3;
  return (uint16_t)(r->masks | precision << 8 | r->rounding << 10);
}

static void take_status(record *r, uint16_t status) {
  r->flags = status & 63;
  r->condition = (status >> 8) & 0x47;
}

/* The status word of an instruction that stores, and the default control word for what follows. */
#define FINISH "fnstsw %%ax\n\tfnclex\n\tfldcw %[standard]\n\t"
#define CONTROL [control] "m"(control), [standard] "m"(standard)

static const uint16_t standard = 0x37f;

/* a in ST0; the result replaces it. */
#define ONE(name, text)                                                                                                      \
  static void name(record *r) {                                                                                              \
    const uint16_t control = control_of(r);                                                                                  \
    uint16_t status;                                                                                                         \
    __asm__ volatile("fninit\n\tfldt %[a]\n\tfldcw %[control]\n\t" text "\n\t" FINISH "fstpt %[result]"                      \
                     : "=&a"(status), [result] "=m"(r->result)                                                               \
                     : [a] "m"(r->a), CONTROL);                                                                              \
    take_status(r, status);                                                                                                  \
  }

/* a in ST0, b in ST1; the result is in ST0. */
#define TWO(name, text)                                                                                                      \
  static void name(record *r) {                                                                                              \
    const uint16_t control = control_of(r);                                                                                  \
    uint16_t status;                                                                                                         \
    __asm__ volatile("fninit\n\tfldt %[b]\n\tfldt %[a]\n\tfldcw %[control]\n\t" text "\n\t" FINISH "fstpt %[result]"         \
                     : "=&a"(status), [result] "=m"(r->result)                                                               \
                     : [a] "m"(r->a), [b] "m"(r->b), CONTROL);                                                               \
    take_status(r, status);                                                                                                  \
  }

/* a in ST0; two results, ST0 first. */
#define ONE_TO_TWO(name, text)                                                                                               \
  static void name(record *r) {                                                                                              \
    const uint16_t control = control_of(r);                                                                                  \
    uint16_t status;                                                                                                         \
    __asm__ volatile("fninit\n\tfldt %[a]\n\tfldcw %[control]\n\t" text "\n\t" FINISH "fstpt %[result]\n\tfstpt %[second]"   \
                     : "=&a"(status), [result] "=m"(r->result), [second] "=m"(r->second)                                     \
                     : [a] "m"(r->a), CONTROL);                                                                              \
    take_status(r, status);                                                                                                  \
  }

/* a and b are compared. */
#define COMPARE(name, text)                                                                                                  \
  static void name(record *r) {                                                                                              \
    const uint16_t control = control_of(r);                                                                                  \
    uint16_t status;                                                                                                         \
    __asm__ volatile("fninit\n\tfldt %[b]\n\tfldt %[a]\n\tfldcw %[control]\n\t" text "\n\t" FINISH                           \
                     : "=&a"(status)                                                                                         \
                     : [a] "m"(r->a), [b] "m"(r->b), CONTROL);                                                               \
    take_status(r, status);                                                                                                  \
  }

/* A load from memory. */
#define LOAD(name, text)                                                                                                     \
  static void name(record *r) {                                                                                              \
    const uint16_t control = control_of(r);                                                                                  \
    uint16_t status;                                                                                                         \
    __asm__ volatile("fninit\n\tfldcw %[control]\n\t" text " %[a]\n\t" FINISH "fstpt %[result]"                              \
                     : "=&a"(status), [result] "=m"(r->result)                                                               \
                     : [a] "m"(r->a), CONTROL);                                                                              \
    take_status(r, status);                                                                                                  \
  }

/* A store to memory. */
#define STORE(name, text)                                                                                                    \
  static void name(record *r) {                                                                                              \
    const uint16_t control = control_of(r);                                                                                  \
    uint16_t status;                                                                                                         \
    __asm__ volatile("fninit\n\tfldt %[a]\n\tfldcw %[control]\n\t" text " %[result]\n\t" FINISH                              \
                     : "=&a"(status), [result] "=m"(r->result)                                                               \
                     : [a] "m"(r->a), CONTROL);                                                                              \
    take_status(r, status);                                                                                                  \
  }

#define CONSTANT(name, text)                                                                                                 \
  static void name(record *r) {                                                                                              \
    const uint16_t control = control_of(r);                                                                                  \
    uint16_t status;                                                                                                         \
    __asm__ volatile("fninit\n\tfldcw %[control]\n\t" text "\n\t" FINISH "fstpt %[result]"                                   \
                     : "=&a"(status), [result] "=m"(r->result)                                                               \
                     : CONTROL);                                                                                             \
    take_status(r, status);                                                                                                  \
  }

TWO(add, "fadd %%st(1), %%st")
TWO(sub, "fsub %%st(1), %%st")
TWO(mul, "fmul %%st(1), %%st")
TWO(div, "fdiv %%st(1), %%st")
ONE(square_root, "fsqrt")
ONE(round_int, "frndint")
TWO(scale, "fscale")
TWO(rem, "fprem")
TWO(rem_nearest, "fprem1")
ONE_TO_TWO(extract, "fxtract")
COMPARE(compare, "fucom %%st(1)")
COMPARE(compare_signaling, "fcom %%st(1)")
LOAD(load_f32, "flds")
LOAD(load_f64, "fldl")
LOAD(load_i16, "filds")
LOAD(load_i32, "fildl")
LOAD(load_i64, "fildll")
LOAD(load_bcd, "fbld")
STORE(store_f32, "fstps")
STORE(store_f64, "fstpl")
STORE(store_i16, "fistps")
STORE(store_i32, "fistpl")
STORE(store_i64, "fistpll")
STORE(store_bcd, "fbstp")
ONE(exponential, "f2xm1")
ONE(sine, "fsin")
ONE(cosine, "fcos")
ONE_TO_TWO(sine_cosine, "fsincos")
ONE_TO_TWO(tangent, "fptan")
TWO(logarithm, "fyl2x")
TWO(logarithm_plus_1, "fyl2xp1")
TWO(arctangent, "fpatan")

CONSTANT(one, "fld1")
CONSTANT(log2_10, "fldl2t")
CONSTANT(log2_e, "fldl2e")
CONSTANT(pi, "fldpi")
CONSTANT(log10_2, "fldlg2")
CONSTANT(ln_2, "fldln2")
CONSTANT(zero, "fldz")

static void constant(record *r) {
  static void (*const loads[])(record *) = {one, log2_10, log2_e, pi, log10_2, ln_2, zero};
  loads[r->immediate](r);
}

const operation x87_operations[] = {
    {"f80_add", add, PICK_F80, 0},
    {"f80_sub", sub, PICK_F80, 0},
    {"f80_mul", mul, PICK_F80, 0},
    {"f80_div", div, PICK_F80, 0},
    {"f80_sqrt", square_root, PICK_F80, 0},
    {"f80_compare", compare, PICK_F80, 0},
    {"f80_compare_signaling", compare_signaling, PICK_F80, 0},
    {"f80_round_int", round_int, PICK_F80, 0},
    {"f80_scale", scale, PICK_SCALE, 0},
    {"f80_extract", extract, PICK_F80, 0},
    {"f80_rem", rem, PICK_REMAINDER, 0},
    {"f80_rem_nearest", rem_nearest, PICK_REMAINDER, 0},
    {"f32_to_f80", load_f32, PICK_F32, 0},
    {"f64_to_f80", load_f64, PICK_F64, 0},
    {"f80_to_f32", store_f32, PICK_F80, 0},
    {"f80_to_f64", store_f64, PICK_F80, 0},
    {"i16_to_f80", load_i16, PICK_INTEGER, 0},
    {"i32_to_f80", load_i32, PICK_INTEGER, 0},
    {"i64_to_f80", load_i64, PICK_INTEGER, 0},
    {"f80_to_i16", store_i16, PICK_F80, 0},
    {"f80_to_i32", store_i32, PICK_F80, 0},
    {"f80_to_i64", store_i64, PICK_F80, 0},
    {"bcd_to_f80", load_bcd, PICK_DIGITS, 0},
    {"f80_to_bcd", store_bcd, PICK_F80, 0},
    {"f80_constant", constant, PICK_NONE, 6},
    {"f80_f2xm1", exponential, PICK_UNIT, 0},
    {"f80_yl2x", logarithm, PICK_LOG, 0},
    {"f80_yl2xp1", logarithm_plus_1, PICK_LOG1P, 0},
    {"f80_patan", arctangent, PICK_F80, 0},
    {"f80_sin", sine, PICK_ANGLE, 0},
    {"f80_cos", cosine, PICK_ANGLE, 0},
    {"f80_sincos", sine_cosine, PICK_ANGLE, 0},
    {"f80_tan", tangent, PICK_ANGLE, 0},
    {0, 0, PICK_NONE, 0},
};
