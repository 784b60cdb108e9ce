/** Every word of the query as the beginning of a word, in any order; quoted, so that nothing in it is FTS5 syntax. */
export function matchExpression(query: string): string {
  // SQLite reads a text up to its first NUL: a quote behind it would be missing.
  const words = query.replaceAll('\0', ' ').split(/\s+/).filter(word => word !== '')
  return words.length === 0 ? '""' : words.map(word => `"${word.replaceAll('"', '""')}"*`).join(' ')
}

/** For `LIKE … ESCAPE '\'`: finds what no word index can, parts of words and scripts without blanks. */
export function likePattern(query: string): string {
  return `%${query.replace(/[\\%_]/g, '\\$&')}%`
}
