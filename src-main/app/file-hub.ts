import type { FileJobView } from '../contract'
import type { FileTranscripts } from '../core/file-transcripts'
import type { RequestHandlers } from '../ipc/request-router'
import type { DictationStore } from '../ports/dictation-store'
import type { StateHub } from './state-hub'
import { entryView } from './dictation-hub'

/** Sound files that were dropped on the window. */
export interface FileHub {
  readonly requests: Pick<RequestHandlers, 'files.transcribe' | 'files.stop'>
  readonly dispose: () => Promise<void>
}

export function createFileHub(hub: StateHub, transcripts: FileTranscripts, store: Pick<DictationStore, 'get'>): FileHub {
  /** The state of each job whose entry was told. */
  const told = new Map<string, FileJobView['state']>()
  const unsubscribe = transcripts.changes.subscribe(() => {
    const jobs = transcripts.jobs()
    hub.publish({ type: 'files', files: jobs.map((job): FileJobView => ({ ...job })) })
    for (const { dictationId, state } of jobs) {
      const entry = dictationId === null || told.get(dictationId) === state ? undefined : store.get(dictationId)
      if (!entry)
        continue
      told.set(entry.id, state)
      hub.publish({ type: 'dictation-entry', entry: entryView(entry) })
    }
  })
  return {
    requests: {
      'files.transcribe': ({ paths }) => {
        transcripts.add(paths)
      },
      'files.stop': ({ jobId }) => transcripts.stop(jobId),
    },
    async dispose() {
      unsubscribe()
      await transcripts[Symbol.asyncDispose]()
    },
  }
}
