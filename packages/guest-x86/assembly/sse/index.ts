// Helpers of the SSE floating-point instructions: the rows of src/helpers/table-sse.ts. Most of the `masked` rows differ in their effects only.
export { ldmxcsr, sse_settle } from './control';
export {
  sse_compute, sse_compute_masked, sse_to_integer, sse_to_integer as sse_to_integer_masked, sse_compare,
  sse_compare as sse_compare_masked,
} from './compute';
export { rcp_f32, rsqrt_f32 } from './reciprocal';
