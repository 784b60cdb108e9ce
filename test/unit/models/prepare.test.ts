import { Buffer } from 'node:buffer'
import { describe, expect, it } from 'vitest'
import { moonshineTokens, readLlamaVocabulary } from '../../../src-main/models/prepare/moonshine-tokens'
import { parsePiperConfig, piperMetadata, piperTokens } from '../../../src-main/models/prepare/piper-voice'

function tokenizerSource(tokens: readonly string[]): string {
  return [
    'throw new Error("this source was run")',
    'const llama_merges_binary = "AAAA"',
    `const llama_vocab_base64 = "${Buffer.from(tokens.join('\n')).toString('base64')}";`,
    'export default new LlamaTokenizer()',
  ].join('\n')
}

const VOCABULARY = ['<unk>', '<s>', '</s>', ...Array.from({ length: 31_996 }, (_, at) => `▁t${at}`), '漢']

describe('tokens of Moonshine', () => {
  it('are read out of the source as data', () => {
    expect(readLlamaVocabulary(tokenizerSource(VOCABULARY))).toEqual(VOCABULARY)
  })

  it('are base64, a tab and the number, with the 768 special ones behind', () => {
    const lines = moonshineTokens(VOCABULARY).split('\n')
    expect(lines).toHaveLength(32_768 + 1)
    expect([lines[0], lines[31_999], lines[32_000], lines[32_767], lines[32_768]]).toEqual([
      `${Buffer.from('<unk>').toString('base64')}\t0`,
      `${Buffer.from('漢').toString('base64')}\t31999`,
      `${Buffer.from('<<ST_0>>').toString('base64')}\t32000`,
      `${Buffer.from('<<ST_767>>').toString('base64')}\t32767`,
      '',
    ])
  })

  it('are refused when they are not Llama\'s', () => {
    expect(() => readLlamaVocabulary('const llama_vocab_base64 = atob("x")')).toThrow(expect.objectContaining({ code: 'model-corrupt' }))
    expect(() => readLlamaVocabulary(tokenizerSource(['a', 'b']))).toThrow(expect.objectContaining({ code: 'model-corrupt' }))
  })
})

describe('a Piper voice', () => {
  const json = JSON.stringify({
    audio: { sample_rate: 22_050, quality: 'medium' },
    espeak: { voice: 'en-us' },
    language: { code: 'en_US', name_english: 'English' },
    num_speakers: 1,
    phoneme_id_map: { '_': [0], '^': [1], ' ': [3], 'ɪ': [74] },
  })

  it('gets the metadata and the tokens sherpa-onnx wants', () => {
    const config = parsePiperConfig(json)
    expect(piperMetadata(config)).toEqual({ model_type: 'vits', comment: 'piper', language: 'English', voice: 'en-us', has_espeak: '1', n_speakers: '1', sample_rate: '22050' })
    expect(piperTokens(config)).toBe('_ 0\n^ 1\n  3\nɪ 74\n')
  })

  it('is refused when its configuration is not one', () => {
    for (const broken of ['', '{', '[]', '{"audio":{}}'])
      expect(() => parsePiperConfig(broken)).toThrow(expect.objectContaining({ code: 'model-corrupt' }))
  })
})
