// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/tls/errors.h"

#include <openssl/err.h>

#include <cstring>

namespace msggw::tls {

void forget_errors() noexcept {
  if (ERR_peek_error() != 0) ERR_clear_error();
}

unsigned long take_error() noexcept {
  const unsigned long first = ERR_get_error();
  forget_errors();
  return first;
}

std::string text_of(unsigned long error) {
  if (ERR_SYSTEM_ERROR(error)) return std::strerror(ERR_GET_REASON(error));
  const char* const reason = error == 0 ? nullptr : ERR_reason_error_string(error);
  return reason == nullptr ? "no reason given" : reason;
}

}  // namespace msggw::tls
