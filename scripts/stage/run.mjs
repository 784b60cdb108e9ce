import { spawn } from 'node:child_process'
import process from 'node:process'
import { startStage } from './index.mjs'

const USAGE = 'usage: node scripts/stage/run.mjs [--no-display] [--no-sound] [--size 1280x800] -- command [args…]'

/** Runs a command on a stage of its own and ends with the command's exit code. */
async function main(argv) {
  const split = argv.indexOf('--')
  if (split < 0 || split === argv.length - 1)
    throw new TypeError(USAGE)
  const flags = argv.slice(0, split)
  const [command, ...args] = argv.slice(split + 1)
  const size = flags.includes('--size') ? flags[flags.indexOf('--size') + 1] : undefined
  const stage = await startStage({ display: !flags.includes('--no-display'), sound: !flags.includes('--no-sound'), ...(size && { size }) })
  try {
    const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, ...stage.env } })
    for (const signal of ['SIGINT', 'SIGTERM'])
      process.on(signal, () => child.kill(signal))
    return await new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 143)))
    })
  }
  finally {
    await stage.stop()
  }
}

main(process.argv.slice(2)).then(
  code => process.exit(code),
  (error) => {
    console.error(error.message)
    process.exit(2)
  },
)
