export { FiletestError, firstDifference, remake, type Case, type Directive, type Produced } from './file.ts';
export { remakeFiletest } from './filetest.ts';
export { listFiletests, OPS_REFERENCE } from './files.ts';
export { opsReference } from './ops-reference.ts';
