/** `@wasm-tcg/emulator`: a whole machine. */
export * from './api.ts';
export type * from './api-code.ts';
export type * from './api-profile.ts';
export type { PoolCounters } from '@wasm-tcg/instance-pool';
export { blobDrive } from './drives/blob-drive.ts';
export type { Drive } from './drives/drive.ts';
export { exchangeDrive, type DriveAccess, type ExchangeDrive, type ExchangeDriveOptions } from './drives/exchange.ts';
export { overlayDrive } from './drives/overlay.ts';
export { tinyGuest } from './guests/tiny-guest.ts';
export { MachineError, type MachineErrorCode } from './errors.ts';
export { detectImage, type ImageKind } from './loaders/detect.ts';
export { DETECT_BYTES, detectFile, FILE_KINDS, type DetectedFile, type FileKind, type FileRole, type Packing } from './loaders/detect-file.ts';
export { describeSnapshot, type SnapshotSummary } from './snapshot/describe.ts';
export { createMachine } from './machine/create-machine.ts';
export { createPc } from './machine/create-pc.ts';
export { compileModules } from './machine/parts.ts';
export { REGISTER_NAMES, CPU_MODEL_NAMES, type CpuModelName, type RegisterName, type RegisterValue } from '@wasm-tcg/guest-x86';
