// Where the reference tells of its rules; its JSON output carries these addresses.

/** The address of a rule's page. */
export function referencePage(slug: string): string {
  return `https://docs.docker.com/go/dockerfile/rule/${slug}/`;
}
