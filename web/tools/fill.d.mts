export function fill(template: string, data: unknown, options?: { packed?: boolean | undefined }): string;
