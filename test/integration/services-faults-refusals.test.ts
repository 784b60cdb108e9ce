import { afterAll, describe, it } from 'vitest'
import { createCertificate } from '../support/certificate'
import { checkNothingShown, openChatCell } from '../support/service-world-chat'
import { columnsOf, REFUSALS } from '../support/service-world-faults'

const certificate = createCertificate()
afterAll(() => certificate[Symbol.dispose]())

describe('a chat service that gives no reply', () => {
  for (const row of REFUSALS) {
    it.each(columnsOf(row))(`${row.name}, and %s`, async (column) => {
      await using cell = await openChatCell(row, column, { certificate })
      await checkNothingShown(row, column, cell)
    })
  }
})
