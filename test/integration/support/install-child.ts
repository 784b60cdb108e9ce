import { readFileSync } from 'node:fs'
import process from 'node:process'
import { createModelStore, parseCatalogue } from '../../../src-main/models'
import { silentLogger } from '../../../src-main/ports/logger'

/** Installs the models named in the job file (first argument) and says `done` or the error, one JSON object on stdout. */
async function main(): Promise<void> {
  const job = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as { catalogue: unknown, modelsDir: string, cacheDir: string, ids: string[] }
  const store = createModelStore({ ...job, catalogue: parseCatalogue(job.catalogue), logger: silentLogger, http: { retryDelayMs: 1 } })
  try {
    for (const id of job.ids)
      await store.install(id, { onProgress: ({ phase }) => process.stderr.write(`${phase}\n`) })
    process.stdout.write(JSON.stringify({ done: true }))
  }
  catch (error) {
    const { code, message } = error as { code: string, message: string }
    process.stdout.write(JSON.stringify({ code, message }))
  }
}

void main()
