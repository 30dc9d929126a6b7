/** All test kernels. */
import type { TestKernel } from '../assembly/kernel.ts';
import { alias } from './alias.ts';
import { apic } from './apic.ts';
import { exceptions } from './exceptions.ts';
import { long } from './long.ts';
import { paging } from './paging.ts';
import { privilege } from './privilege.ts';
import { task } from './task.ts';
import { v86 } from './v86.ts';

export const TEST_KERNELS: readonly TestKernel[] = [exceptions, privilege, task, v86, apic, alias, paging, long];
