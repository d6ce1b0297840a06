/** One column of a server-side table (meta.k8s.io/v1 TableColumnDefinition, without its description). */
export interface Column {
  readonly name: string
  readonly type: 'string' | 'integer' | 'boolean' | 'number' | 'date'
  readonly format: string
  readonly description?: string
  /** 0 always, 1 with -o wide. */
  readonly priority: number
}

export type Cell = string | number | boolean | null
