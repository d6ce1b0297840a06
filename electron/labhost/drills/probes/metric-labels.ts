/** Labels of a sample in the text format of Prometheus: `a="1",b="x\ny"`, with or without the braces around. */
export function readMetricLabels(text: string): Record<string, string> {
  return Object.fromEntries([...text.matchAll(/([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g)].map(([, label, value]) => [label!, value!.replaceAll(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char))]))
}
