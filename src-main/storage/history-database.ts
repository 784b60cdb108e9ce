import type { DatabaseSyncInstance } from '@photostructure/sqlite'
import { statSync } from 'node:fs'
import { DatabaseSync } from '@photostructure/sqlite'
import { AppError } from '../lib/app-error'
import { APPLICATION_ID } from './migrations'
import { sqliteError } from './sqlite-faults'

const CHECKED_WHOLE_BYTES = 32 * 1024 * 1024
/** Another process (the command line) may hold the file for the length of a write. */
const BUSY_MS = 3_000

/** The file is no history of Parley's, or a damaged one. */
export class Unusable extends Error {}

/** The one connection, with the ways to use it that every store shares. */
export interface HistoryDatabase {
  readonly connection: DatabaseSyncInstance
  /** What is thrown inside comes out as an `AppError`. */
  guarded: <T>(work: () => T) => T
  /** All of it or nothing. */
  transaction: <T>(work: () => T) => T
  /** Empties the write-ahead log into the file: it keeps no older state of a page. */
  checkpoint: () => void
}

/** Opens, checks and migrates. `named`: the file that errors speak of. Throws `Unusable`, `bad-input` (of a newer Parley) or what SQLite throws. */
export function openDatabase(file: string, migrations: readonly string[], named = file): HistoryDatabase {
  const database = new DatabaseSync(file, { timeout: BUSY_MS })
  try {
    const version = acceptedVersion(database, file, migrations.length)
    // FULL: what a method returned from survives a loss of power, at the price of one flush for each write.
    // secure_delete: what is deleted is overwritten, not only forgotten.
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON')
    checkWhole(database, file)
    migrate(database, version, migrations)
    // A file that can only be read opens well, and would refuse the first turn.
    database.exec('BEGIN IMMEDIATE; ROLLBACK')
  }
  catch (error) {
    database.close()
    throw error
  }
  return {
    connection: database,
    transaction: work => inTransaction(database, work),
    checkpoint: () => database.exec('PRAGMA wal_checkpoint(TRUNCATE)'),
    guarded(work) {
      try {
        return work()
      }
      catch (error) {
        throw sqliteError(error, named)
      }
    },
  }
}

/**
 * The first value of a query. By way of a function and `exec`, since a prepared statement of this library keeps the file open
 * until it is collected, and an open file cannot be set aside on Windows.
 */
function firstValue(database: DatabaseSyncInstance, expression: string, from: string): unknown {
  const found: unknown[] = []
  database.function('parley_found', (value: unknown) => {
    found.push(value)
    return null
  })
  database.exec(`SELECT parley_found(${expression}) FROM ${from}`)
  return found[0]
}

/** Looks before anything is written: the file may not be ours. */
function acceptedVersion(database: DatabaseSyncInstance, file: string, known: number): number {
  if (firstValue(database, 'count(*)', 'sqlite_schema') !== 0 && firstValue(database, 'application_id', 'pragma_application_id') !== APPLICATION_ID)
    throw new Unusable('another program\'s database')
  const version = firstValue(database, 'user_version', 'pragma_user_version') as number
  if (version > known)
    throw new AppError('bad-input', `The history was written by a newer Parley (version ${version}, this one knows ${known}). It is left as it is; use the newer Parley, or move ${file} away.`, { params: { path: file, version } })
  return version
}

function checkWhole(database: DatabaseSyncInstance, file: string): void {
  // Above this size a look at every page would be felt at start; damage is then noticed when it is met.
  if (file === ':memory:' || statSync(file).size > CHECKED_WHOLE_BYTES)
    return
  if (firstValue(database, 'quick_check', 'pragma_quick_check') !== 'ok')
    throw new Unusable('damaged')
}

function migrate(database: DatabaseSyncInstance, version: number, migrations: readonly string[]): void {
  for (let step = version; step < migrations.length; step++) {
    inTransaction(database, () => {
      database.exec(migrations[step] as string)
      database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${step + 1}`)
    })
  }
}

function inTransaction<T>(database: DatabaseSyncInstance, work: () => T): T {
  database.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    database.exec('COMMIT')
    return result
  }
  catch (error) {
    if (database.isTransaction)
      database.exec('ROLLBACK')
    throw error
  }
}
