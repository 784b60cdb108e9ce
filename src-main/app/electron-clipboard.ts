import type { ShellClipboard } from '../desktop/inject/native-clipboard'
import { clipboard, nativeImage } from 'electron'

/**
 * Electron's clipboard. Its limits: `write` puts text, HTML, RTF and a picture there together (the picture is decoded and encoded
 * anew: the same pixels, not the same bytes); `writeBuffer` puts one other format there and takes everything else away. A list of
 * files is told among the formats and cannot be read or written whole; most programs' own formats are not told at all.
 */
export function createElectronClipboard(): ShellClipboard {
  return {
    formats: () => clipboard.availableFormats(),
    read() {
      const formats = clipboard.availableFormats()
      const text = clipboard.readText()
      const html = formats.includes('text/html') ? clipboard.readHTML() : ''
      const rtf = formats.includes('text/rtf') ? clipboard.readRTF() : ''
      const image = formats.some(format => format.startsWith('image/')) ? clipboard.readImage() : null
      return {
        ...(text && { text }),
        ...(html && { html }),
        ...(rtf && { rtf }),
        ...(image && !image.isEmpty() && { png: image.toPNG() }),
      }
    },
    write({ text, html, rtf, png }) {
      if (text === undefined && html === undefined && rtf === undefined && png === undefined)
        return clipboard.clear()
      clipboard.write({
        ...(text !== undefined && { text }),
        ...(html !== undefined && { html }),
        ...(rtf !== undefined && { rtf }),
        ...(png && { image: nativeImage.createFromBuffer(png) }),
      })
    },
    readFormat: format => clipboard.readBuffer(format),
    writeFormat: (format, data) => clipboard.writeBuffer(format, data),
  }
}
