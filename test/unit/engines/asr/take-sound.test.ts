import { describe, expect, it } from 'vitest'
import { createMultipart } from '../../../../src-main/engines/asr/multipart'
import { concat, isLoud, RateConverter } from '../../../../src-main/engines/asr/take-sound'
import { joinTexts } from '../../../../src-main/lib/join-texts'
import { resample } from '../../../../src-main/lib/resampler'

function sine(amplitude: number, length = 320): Int16Array {
  return Int16Array.from({ length }, (_, i) => Math.round(amplitude * Math.sin(i * 0.2)))
}

describe('the sound of a take', () => {
  it('silence and the noise of a microphone are not loud, quiet speech is', () => {
    expect([new Int16Array(320), new Int16Array(0), sine(40), sine(300), sine(8000)].map(isLoud)).toEqual([false, false, false, true, true])
  })

  it('is converted as one, not frame by frame', () => {
    const sound = sine(9000, 3200)
    const converter = new RateConverter(24_000)
    const parts: Int16Array[] = []
    for (let at = 0; at < sound.length; at += 320)
      parts.push(converter.push({ samples: sound.subarray(at, at + 320), sampleRate: 16_000 }))
    parts.push(converter.flush())
    expect(concat(parts)).toEqual(resample(sound, 16_000, 24_000))
  })

  it('goes on when the rate of the frames changes', () => {
    const converter = new RateConverter(16_000)
    const parts = [converter.push({ samples: sine(9000, 480), sampleRate: 48_000 }), converter.push({ samples: sine(9000, 160), sampleRate: 16_000 }), converter.flush()]
    expect(concat(parts)).toHaveLength(320)
  })
})

describe('texts of parts', () => {
  it.each([
    [['Hello.', ' How are you? '], 'Hello. How are you?'],
    [['', 'Hello.', '  ', 'Yes.'], 'Hello. Yes.'],
    [['今日は。', '元気です'], '今日は。元気です'],
    [['今日は', 'OK'], '今日は OK'],
    [[], ''],
  ])('%j are joined', (texts, joined) => {
    expect(joinTexts(texts)).toBe(joined)
  })
})

describe('a form with a file', () => {
  it('is what the standard says', () => {
    const { contentType, head, tail } = createMultipart({ fields: { model: 'whisper "1"', stream: 'true' }, file: { field: 'file', name: 'a"b.wav', type: 'audio/wav' }, boundary: 'XX' })
    const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
    expect(contentType).toBe('multipart/form-data; boundary=XX')
    expect(text(head)).toBe('--XX\r\nContent-Disposition: form-data; name="model"\r\n\r\nwhisper "1"\r\n--XX\r\nContent-Disposition: form-data; name="stream"\r\n\r\ntrue\r\n--XX\r\nContent-Disposition: form-data; name="file"; filename="a%22b.wav"\r\nContent-Type: audio/wav\r\n\r\n')
    expect(text(tail)).toBe('\r\n--XX--\r\n')
  })
})
