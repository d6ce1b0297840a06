/**
 * $(NAME) in commands, arguments, environment values and subPathExpr.
 *
 *   VE1  $(NAME) is replaced when NAME is known and left as it stands when not.
 *   VE2  $$ is a literal $; so $$(NAME) stays $(NAME).
 *   VE3  An unclosed $( and a $ before anything else stay as they are.
 * Upstream: third_party/forked/golang/expansion.
 */
export function expandVariables(text: string, valueOf: (name: string) => string | undefined): string {
  let out = ''
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!
    if (character !== '$' || at + 1 === text.length) {
      out += character
      continue
    }
    const next = text[at + 1]!
    const close = next === '(' ? text.indexOf(')', at + 2) : -1
    if (next === '$') {
      out += '$' // VE2
      at++
    } else if (close >= 0) {
      const name = text.slice(at + 2, close)
      out += valueOf(name) ?? `$(${name})` // VE1
      at = close
    } else {
      out += character // VE3
    }
  }
  return out
}
