/** Fixed messages and fields. Never a transcript, a prompt, a reply or a key: a test reads the logs. */
export interface Logger {
  debug: (message: string, fields?: Readonly<Record<string, unknown>>) => void
  info: (message: string, fields?: Readonly<Record<string, unknown>>) => void
  warn: (message: string, fields?: Readonly<Record<string, unknown>>) => void
  error: (message: string, fields?: Readonly<Record<string, unknown>>) => void
}

export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} }
