// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/tls/client_session.h"

#include <openssl/ssl.h>

#include <boost/system/error_code.hpp>
#include <cerrno>

#include "adapters/wire/tls/errors.h"
#include "adapters/wire/tls/psk.h"
#include "gateway/base/result.h"

namespace msggw::tls {

void free_session(ssl_st* session) noexcept {
  SSL_free(session);
}

ClientSession::ClientSession(const Context& context, const std::string& host, int socket,
                             const PskSecret* psk)
    : session_(connect_with(context, host)) {
  if (psk != nullptr) use_psk_as_client(session_.get(), *psk);
  SSL_set_mode(session_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE);
  SSL_set_connect_state(session_.get());
  base::ensure(SSL_set_fd(session_.get(), socket) == 1, "OpenSSL takes the socket");
}

ClientSession::~ClientSession() {
  forget_errors();
  if (SSL_is_init_finished(session_.get()) == 1) SSL_shutdown(session_.get());
  forget_errors();
}

template <class Call>
ClientSession::Outcome ClientSession::attempt(Call call) {
  forget_errors();
  errno = 0;
  std::size_t octets = 0;
  const int result = call(octets);
  const int error = errno;
  if (result > 0) return Step{octets};
  switch (SSL_get_error(session_.get(), result)) {
    case SSL_ERROR_WANT_READ: return Step{0, Waits::for_reading};
    case SSL_ERROR_WANT_WRITE: return Step{0, Waits::for_writing};
    case SSL_ERROR_SYSCALL:
      if (error == 0) break;
      return tl::unexpected(problem_of(
          session_.get(), boost::system::error_code(error, boost::system::system_category())));
    default: break;
  }
  return tl::unexpected(problem_of(session_.get(), take_error()));
}

ClientSession::Outcome ClientSession::shake_hands() {
  return attempt([this](std::size_t& done) {
    done = 1;
    return SSL_do_handshake(session_.get());
  });
}

ClientSession::Outcome ClientSession::read(std::span<char> to) {
  return attempt([&](std::size_t& octets) {
    return SSL_read_ex(session_.get(), to.data(), to.size(), &octets);
  });
}

ClientSession::Outcome ClientSession::write(std::string_view octets) {
  return attempt([&](std::size_t& taken) {
    return SSL_write_ex(session_.get(), octets.data(), octets.size(), &taken);
  });
}

}  // namespace msggw::tls
