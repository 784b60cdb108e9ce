import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import process from 'node:process'
import { runMain } from './lib/failure.mjs'
import './lib/node-version.mjs'

await runMain(async () => {
  const { hasDisplay, setUp } = await import('./lib/steps.mjs')
  const args = process.argv.slice(2)
  if (!hasDisplay()) {
    process.stderr.write('There is no display here (neither DISPLAY nor WAYLAND_DISPLAY is set), so Parley answers in the terminal.\n')
    await setUp('terminal')
    return await answerInTerminal(args)
  }
  const { runtime } = await setUp('setup')
  return await openWindow(runtime, args)
})

/** Answers the sample question with the same core, without a window. */
async function answerInTerminal(args) {
  const { run } = await import('./lib/run.mjs')
  const { cacheFolder, CLI, ROOT } = await import('./lib/paths.mjs')
  const { SAMPLE_QUESTION, speechFile } = await import('./lib/speech.mjs')
  const answer = join(cacheFolder(), 'answer.wav')
  process.stderr.write(`The question is spoken in ${speechFile(SAMPLE_QUESTION)}\n`)
  const { code } = await run(process.execPath, [CLI, 'ask', speechFile(SAMPLE_QUESTION), '--output', answer, ...args], { cwd: ROOT, stdio: 'inherit' })
  return code
}

async function openWindow(runtime, args) {
  const { run } = await import('./lib/run.mjs')
  const { ROOT } = await import('./lib/paths.mjs')
  const { runtimeEnvironment, sandboxArguments } = await import('./lib/runtime.mjs')
  const { code, signal } = await run(runtime.binary, [...sandboxArguments(), ROOT, ...args], {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, ...runtimeEnvironment(runtime) },
  })
  if (['SIGTRAP', 'SIGABRT'].includes(signal) && sandboxIsRefused())
    process.stderr.write(explainSandbox(runtime))
  return code
}

/** Whether this system forbids ordinary programs the namespaces that Chromium's sandbox is made of. */
function sandboxIsRefused() {
  return process.platform === 'linux' && process.getuid() !== 0
    && spawnSync('unshare', ['--user', '--map-root-user', 'true'], { stdio: 'ignore' }).status !== 0
}

function explainSandbox({ folder }) {
  const helper = join(folder, 'chrome-sandbox')
  return [
    'Electron ended at once: this system lets no ordinary program make the sandbox that pages run in.',
    'Give the sandbox\'s helper the right to do it, then run the same command again:',
    '',
    `  sudo chown root:root '${helper}' && sudo chmod 4755 '${helper}'`,
    '',
  ].join('\n')
}
