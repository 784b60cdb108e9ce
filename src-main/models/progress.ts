export type InstallPhase
  /** Another process is installing. */
  = | 'waiting'
    | 'connecting'
    | 'downloading'
    | 'unpacking'
    | 'joining'
    | 'verifying'
    | 'preparing'
    | 'done'

/** Where one file of a model is. `totalBytes` is fixed for a file; `doneBytes` may fall when another source is tried. */
export interface InstallProgress {
  readonly modelId: string
  /** Empty for what concerns the whole model (`waiting`, `preparing`, `done`). */
  readonly fileName: string
  readonly source: string
  readonly doneBytes: number
  readonly totalBytes: number
  readonly phase: InstallPhase
}

export interface InstallOptions {
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: InstallProgress) => void
}
