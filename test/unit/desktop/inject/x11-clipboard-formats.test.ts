import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isLatin1, planFormats } from '../../../../src-main/desktop/inject/x11-clipboard-formats'

describe('which formats of a clipboard are asked for', () => {
  it('everything that is content, one name of the text before the others, pictures last', () => {
    expect(planFormats(['TIMESTAMP', 'TARGETS', 'MULTIPLE', 'SAVE_TARGETS', 'image/png', 'text/html', 'STRING', 'COMPOUND_TEXT', 'text/plain;charset=utf-8', 'UTF8_STRING', 'application/x-own', 'DELETE'])).toEqual({
      first: ['UTF8_STRING', 'text/html', 'application/x-own', 'image/png'],
      aliases: ['text/plain;charset=utf-8', 'STRING', 'COMPOUND_TEXT'],
      left: [],
    })
  })

  it('asks for nothing that does something to the content or tells about its owner', () => {
    expect(planFormats(['TARGETS', 'DELETE', 'INSERT_SELECTION', 'INSERT_PROPERTY', 'HOST_NAME', 'LENGTH'])).toEqual({ first: [], aliases: [], left: [] })
  })

  it('cannot keep what stays its owner\'s', () => {
    expect(planFormats(['PIXMAP', 'image/png'])).toEqual({ first: ['image/png'], aliases: [], left: ['PIXMAP'] })
  })

  it.each([
    ['three formats of a picture: all', ['image/png', 'image/jpeg', 'image/bmp'], ['image/png', 'image/jpeg', 'image/bmp']],
    ['many: PNG', ['image/tiff', 'image/jpeg', 'image/bmp', 'image/png'], ['image/png']],
    ['many, and SVG, which cannot be had from pixels', ['image/tiff', 'image/svg+xml', 'image/bmp', 'image/png'], ['image/svg+xml', 'image/png']],
    ['many without PNG: the first', ['image/tiff', 'image/jpeg', 'image/bmp', 'image/webp'], ['image/tiff']],
  ])('%s', (_, offered, first) => {
    const plan = planFormats(offered)
    expect(plan.first).toEqual(first)
    expect(plan.left).toEqual(offered.filter(name => !first.includes(name)))
  })

  it('at most 64 that are not text', () => {
    const offered = Array.from({ length: 100 }, (_, i) => `application/x-${i}`)
    expect(planFormats(offered).first).toEqual(offered.slice(0, 64))
    expect(planFormats(offered).left).toEqual(offered.slice(64))
  })

  it('each name once, and every name of a content somewhere', () => {
    const name = fc.constantFrom('UTF8_STRING', 'STRING', 'TEXT', 'text/html', 'image/png', 'image/jpeg', 'image/tiff', 'image/bmp', 'image/svg+xml', 'PIXMAP', 'application/x-a')
    fc.assert(fc.property(fc.array(name), (offered) => {
      const { first, aliases, left } = planFormats(offered)
      expect([...first, ...aliases, ...left].sort()).toEqual([...new Set(offered)].sort())
    }))
  })

  it('knows what ISO 8859-1 can hold', () => {
    expect(['Grüße\t«ÿ»\n', '', 'a\r\n', 'a\u0085', '€', 'a\0', '漢'].map(isLatin1)).toEqual([true, true, false, false, false, false, false])
  })
})
