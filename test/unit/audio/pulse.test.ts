import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseServer } from '../../../src-main/audio/pulse-address'
import { TagReader, TagWriter } from '../../../src-main/audio/pulse-tagstruct'

describe('values of the sound server\'s protocol', () => {
  it('reads what it writes', () => {
    fc.assert(fc.property(fc.nat(0xFFFFFFFF), fc.string().filter(text => !text.includes('\0')), fc.dictionary(fc.stringMatching(/^[a-z.]+$/), fc.string().filter(text => !text.includes('\0'))), (number, text, properties) => {
      const reader = new TagReader(new TagWriter().u32(number).string(text).properties(properties).build())
      expect([reader.u32(), reader.string(), { ...reader.properties() }, reader.more]).toEqual([number, text, { ...properties }, false])
    }))
  })

  it('answers anything else with a RangeError', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), fc.constantFrom('u32', 'string', 'boolean', 'usec', 'sampleSpec', 'channelMap', 'volumes', 'properties'), (bytes, method) => {
      const reader = new TagReader(Buffer.from(bytes))
      try {
        for (let i = 0; i < 20; i++)
          reader[method as 'u32']()
      }
      catch (error) {
        expect(error).toBeInstanceOf(RangeError)
      }
    }))
  })
})

describe('address of the sound server', () => {
  it.each([
    ['unix:/run/user/1000/pulse/native', { path: '/run/user/1000/pulse/native' }],
    ['{0123abc}unix:/tmp/a', { path: '/tmp/a' }],
    ['/tmp/socket', { path: '/tmp/socket' }],
    ['tcp:desk:4714 unix:/other', { host: 'desk', port: 4714 }],
    ['desk', { host: 'desk', port: 4713 }],
    ['tcp6:[::1]:4000', { host: '::1', port: 4000 }],
  ])('%s', (text, address) => {
    expect(parseServer(text)).toEqual(address)
  })
})
