/* countries.h - country codes, as numbers and rules name them */
#pragma once

#include <stdbool.h>

/* Two capital letters that numbers can have as their country. */
bool country_is(const char *code);

/* The code that was probably meant by another text, or NULL. */
const char *country_meant(char dst[static 3], const char *text);

/* What is dialled there before a country code, separated by blanks. */
const char *country_international(const char *code);

/* The member states of the European Union, separated by blanks. */
const char *country_union(void);
