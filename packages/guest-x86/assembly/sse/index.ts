// Helpers of the SSE floating-point instructions: the rows of src/helpers/table-sse.ts.
export { ldmxcsr } from './control';
export { sse_compare, sse_compute, sse_to_integer } from './compute';
export { rcp_f32, rsqrt_f32 } from './reciprocal';
