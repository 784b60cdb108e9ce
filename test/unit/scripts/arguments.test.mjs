import { describe, expect, it } from 'vitest'
import { choosesUnitTestsOnly } from '../../../scripts/lib/arguments.mjs'

describe('which tests the arguments choose', () => {
  it.each([
    [['test/unit/text'], true],
    [['./test/unit/text', '-t', 'segmenter'], true],
    [['test/architecture.test.ts'], true],
    [['--project', 'unit'], true],
    [['--project=unit', '--bail', '1'], true],
    [[], false],
    [['-t', 'anything'], false],
    [['test/unit/text', 'test/e2e'], false],
    [['--project', 'unit', '--project', 'e2e'], false],
    [['--project', 'integration', 'test/unit'], false],
  ])('%j → only unit tests: %s', (args, expected) => {
    expect(choosesUnitTestsOnly(args)).toBe(expected)
  })
})
