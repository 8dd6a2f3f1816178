/* check.h - a result that must not be ignored */
#pragma once

/* Stands before the prototype of every function that can fail or judges. */
#define MUST_CHECK __attribute__((warn_unused_result))
