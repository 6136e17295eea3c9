/* SPDX-License-Identifier: MIT */
/* model/document-internal: constants shared by the writer and the reader of documents. */
#ifndef MADVISOR_MODEL_DOCUMENT_INTERNAL_H
#define MADVISOR_MODEL_DOCUMENT_INTERNAL_H

/* The largest integer that every JSON reader keeps exactly: 2^53 (RFC 8259, section 6). */
#define DOCUMENT_INTEGER_MAX 0x1p53

/* Digits of a number that is no integer: as many as a double keeps of any decimal number. */
#define DOCUMENT_DIGITS 15

/* Limits of a document, far above any real one, to bound memory. */
#define DOCUMENT_BYTES_MAX (256u << 20)
#define DOCUMENT_VALUES_MAX 8000000u /* numbers, texts, lists and objects together */
#define DOCUMENT_DEPTH_MAX 64u
#define DOCUMENT_NAME_MAX 1024u /* bytes in the name of a case, contender or setting */
#define DOCUMENT_TEXT_MAX (1u << 20)
#define DOCUMENT_ARGV_MAX 65536u
#define DOCUMENT_CONTENDERS_MAX 256u
#define DOCUMENT_CASES_MAX 1024u
#define DOCUMENT_ROWS_MAX 1000000u
#define DOCUMENT_FINDINGS_MAX 10000u
#define DOCUMENT_GATES_MAX 1024u
#define DOCUMENT_SETTINGS_MAX 256u
#define DOCUMENT_PARAMETERS_MAX 64u
#define DOCUMENT_NOTES_MAX 10000u
#define DOCUMENT_DEPTH_OF_STACK_MAX 65536u

#endif
