import process from 'node:process'

/** A fault with a text for people: shown without a stack. */
export class SetupError extends Error {
  name = 'SetupError'
}

/** Runs a script's main function: a `SetupError` is shown as its text alone, anything else with its stack. */
export async function runMain(main) {
  try {
    process.exitCode = await main() ?? process.exitCode ?? 0
  }
  catch (error) {
    process.stderr.write(`${error instanceof SetupError ? error.message : error?.stack ?? error}\n`)
    process.exitCode = 1
  }
}
