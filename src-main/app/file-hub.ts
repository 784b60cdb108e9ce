import type { FileJobView } from '../contract'
import type { FileTranscripts } from '../core/file-transcripts'
import type { RequestHandlers } from '../ipc/request-router'
import type { StateHub } from './state-hub'

/** Sound files that were dropped on the window. */
export interface FileHub {
  readonly requests: Pick<RequestHandlers, 'files.transcribe' | 'files.stop'>
  readonly dispose: () => Promise<void>
}

export function createFileHub(hub: StateHub, transcripts: FileTranscripts): FileHub {
  const unsubscribe = transcripts.changes.subscribe(() => {
    hub.publish({ type: 'files', files: transcripts.jobs().map((job): FileJobView => ({ ...job })) })
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
