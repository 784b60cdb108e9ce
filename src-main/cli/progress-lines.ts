import type { InstallPhase, InstallProgress } from '../models'

export interface ProgressSink {
  readonly report: (progress: InstallProgress) => void
  /** Clears the bar, so that something else may be written. */
  readonly pause: () => void
}

export type ProgressTarget
  = | { readonly json: (event: Readonly<Record<string, unknown>>) => void }
    | { readonly terminal: NodeJS.WritableStream & { readonly isTTY?: boolean, readonly columns?: number } }

const REDRAW_MS = 100
/** Without a terminal, or in JSON, a file says something when it starts, changes its phase, and at each quarter. */
const SPARSE_STEP = 0.25
const BAR_CELLS = 24

const WORDS: Readonly<Record<InstallPhase, string>> = {
  waiting: 'waiting for another installation',
  connecting: 'asking',
  downloading: 'downloading',
  unpacking: 'unpacking',
  joining: 'joining the parts',
  verifying: 'checking',
  preparing: 'preparing',
  done: 'done',
}

/** Progress as a bar on a terminal, as few lines elsewhere, or as JSON events. */
export function createProgressLines(target: ProgressTarget, nowMs: () => number = () => performance.now()): ProgressSink {
  return 'terminal' in target && target.terminal.isTTY ? bar(target.terminal, nowMs) : sparse(target)
}

function sparse(target: ProgressTarget): ProgressSink {
  const said = new Map<string, { readonly steps: Set<string>, step: number }>()
  return {
    pause() {},
    report(progress) {
      const key = `${progress.modelId} ${progress.fileName}`
      const before = said.get(key) ?? { steps: new Set(), step: -1 }
      said.set(key, before)
      const share = progress.totalBytes > 0 ? progress.doneBytes / progress.totalBytes : 0
      const step = progress.phase === 'downloading' ? Math.floor(share / SPARSE_STEP) : -1
      // Parts of one file come from several sources at once: each asking is named, but there is one progress.
      const name = progress.phase === 'connecting' ? progress.source : progress.phase
      if (step <= before.step && (before.steps.has(name) || progress.phase === 'downloading'))
        return
      before.steps.add(name)
      before.step = Math.max(step, before.step)
      if ('json' in target)
        target.json({ type: 'progress', ...progress })
      else
        target.terminal.write(`${sparseLine(progress, share)}\n`)
    },
  }
}

function sparseLine(progress: InstallProgress, share: number): string {
  const detail = progress.phase === 'downloading' ? `${Math.floor(share * 100)} %` : progress.phase === 'connecting' ? progress.source : ''
  return [progress.modelId, progress.fileName, WORDS[progress.phase], detail].filter(Boolean).join('  ')
}

function bar(terminal: NodeJS.WritableStream & { readonly columns?: number }, nowMs: () => number): ProgressSink {
  const files = new Map<string, InstallProgress>()
  let modelId = ''
  let drawnAtMs = Number.NEGATIVE_INFINITY
  let startedAtMs = nowMs()
  const clear = (): void => {
    terminal.write('\r\x1B[2K')
  }
  return {
    pause: clear,
    report(progress) {
      if (progress.modelId !== modelId) {
        modelId = progress.modelId
        files.clear()
        startedAtMs = nowMs()
      }
      if (progress.fileName !== '')
        files.set(progress.fileName, progress)
      if (progress.phase === 'done') {
        clear()
        return
      }
      if (nowMs() - drawnAtMs < REDRAW_MS && progress.phase === 'downloading')
        return
      drawnAtMs = nowMs()
      terminal.write(`\r\x1B[2K${barLine(modelId, [...files.values()], progress.phase, nowMs() - startedAtMs).slice(0, (terminal.columns ?? 80) - 1)}`)
    },
  }
}

function barLine(modelId: string, files: readonly InstallProgress[], phase: InstallPhase, elapsedMs: number): string {
  const doneBytes = files.reduce((sum, file) => sum + file.doneBytes, 0)
  const totalBytes = files.reduce((sum, file) => sum + file.totalBytes, 0)
  const share = totalBytes > 0 ? Math.min(1, doneBytes / totalBytes) : 0
  const filled = Math.round(share * BAR_CELLS)
  const mib = (bytes: number): string => (bytes / 1024 / 1024).toFixed(0)
  const rate = elapsedMs > 1_000 ? `  ${(doneBytes / 1024 / 1024 / (elapsedMs / 1000)).toFixed(1)} MiB/s` : ''
  return `${modelId}  [${'#'.repeat(filled)}${'.'.repeat(BAR_CELLS - filled)}] ${Math.floor(share * 100)} %  ${mib(doneBytes)}/${mib(totalBytes)} MiB${rate}  ${WORDS[phase]}`
}
