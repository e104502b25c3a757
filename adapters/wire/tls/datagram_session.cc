// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/tls/datagram_session.h"

#include <openssl/bio.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "adapters/wire/tls/errors.h"
#include "gateway/base/keyed_hash.h"
#include "gateway/base/result.h"

namespace msggw::tls {

namespace {

/// Of a flight's datagrams: what passes everywhere (RFC 6347 4.1.1.1 leaves it to us).
constexpr long kMtu = 1'200;
/// Of IPv6 and UDP, for OpenSSL's sums.
constexpr long kOverhead = 48;

constexpr std::size_t kMostData = 16'384;  // of a record

/// A record of type handshake, epoch 0, whose first message is a ClientHello; and where its random
/// octets are (RFC 6347 4.1, 4.2.2).
constexpr std::size_t kTypeAt = 13, kRandomAt = 27, kRandomOctets = 32;

}  // namespace

/// What the BIO of a session reads and writes: one datagram, at most.
struct DatagramSession::Way {
  std::string_view in;
  Transmit transmit;
  std::string peer;  // of a server: what the cookie is made of
};

namespace {

template <class T>
T* of(BIO* bio) {
  return static_cast<T*>(BIO_get_data(bio));
}

/// Where a connection keeps what its cookie is made of; its "app data" is Asio's.
int peer_place() noexcept {
  static const int place = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return place;
}

std::array<std::uint64_t, 2> cookie_of(const SSL* connection) {
  static const std::array keys{base::random_hash_key(), base::random_hash_key()};
  const auto& peer = *static_cast<const std::string*>(SSL_get_ex_data(connection, peer_place()));
  return {base::keyed_hash(keys[0], peer), base::keyed_hash(keys[1], peer)};
}

extern "C" int make_cookie(SSL* connection, unsigned char* cookie, unsigned* size) noexcept {
  const auto made = cookie_of(connection);
  std::memcpy(cookie, made.data(), sizeof made);
  *size = sizeof made;
  return 1;
}

extern "C" int check_cookie(SSL* connection, const unsigned char* cookie, unsigned size) noexcept {
  const auto right = cookie_of(connection);
  return size == sizeof right && std::memcmp(cookie, right.data(), size) == 0 ? 1 : 0;
}

}  // namespace

struct DatagramSession::Trampolines {
  static int write(BIO* bio, const char* octets, int size) noexcept {
    of<Way>(bio)->transmit({octets, static_cast<std::size_t>(size)});
    return size;
  }

  /// What does not fit is lost, as with a socket.
  static int read(BIO* bio, char* into, int size) noexcept {
    BIO_clear_retry_flags(bio);
    const std::string_view in = std::exchange(of<Way>(bio)->in, {});
    if (in.empty()) {
      BIO_set_retry_read(bio);
      return -1;
    }
    const std::size_t octets = std::min(in.size(), static_cast<std::size_t>(size));
    std::memcpy(into, in.data(), octets);
    return static_cast<int>(octets);
  }

  static long control(BIO*, int command, long, void*) noexcept {
    switch (command) {
      case BIO_CTRL_FLUSH:
      case BIO_CTRL_DGRAM_SET_NEXT_TIMEOUT: return 1;
      case BIO_CTRL_DGRAM_GET_MTU_OVERHEAD: return kOverhead;
      default: return 0;
    }
  }

  static BIO_METHOD* method() {
    static BIO_METHOD* const made = [] {
      BIO_METHOD* const method =
          BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "datagrams of a caller");
      base::ensure(method != nullptr, "OpenSSL gives a BIO method");
      BIO_meth_set_write(method, write);
      BIO_meth_set_read(method, read);
      BIO_meth_set_ctrl(method, control);
      return method;
    }();
    return made;
  }
};

DatagramSession::DatagramSession(ssl_st* connection, Side side, Transmit transmit)
    : way_(new Way{{}, std::move(transmit), {}}), connection_(connection) {
  BIO* const bio = BIO_new(Trampolines::method());
  base::ensure(bio != nullptr, "OpenSSL gives a BIO");
  BIO_set_data(bio, way_.get());
  BIO_set_init(bio, 1);
  SSL_set_bio(connection_, bio, bio);
  SSL_set_ex_data(connection_, peer_place(), &way_->peer);
  SSL_set_options(connection_, SSL_OP_NO_QUERY_MTU);
  SSL_set_mtu(connection_, kMtu);
  if (side == Side::server) {
    SSL_set_accept_state(connection_);
  } else {
    SSL_set_connect_state(connection_);
  }
}

DatagramSession::~DatagramSession() {
  forget_errors();
  if (state_ == State::established) SSL_shutdown(connection_);
  SSL_free(connection_);
  forget_errors();
}

DatagramSession::State DatagramSession::received(std::string_view datagram, const Take& take) {
  way_->in = datagram;
  if (state_ == State::handshake) shake_hands();
  std::array<char, kMostData> data;
  while (state_ == State::established) {
    forget_errors();
    std::size_t octets = 0;
    const int result = SSL_read_ex(connection_, data.data(), data.size(), &octets);
    if (result > 0) {
      take({data.data(), octets});
    } else if (SSL_get_error(connection_, result) == SSL_ERROR_WANT_READ) {
      break;
    } else {
      judge(result);
    }
  }
  way_->in = {};
  return state_;
}

void DatagramSession::shake_hands() {
  forget_errors();
  const int result = SSL_do_handshake(connection_);
  if (result == 1) {
    state_ = State::established;
  } else {
    judge(result);
  }
}

void DatagramSession::judge(int result) {
  if (SSL_get_error(connection_, result) == SSL_ERROR_WANT_READ) return;
  problem_ = problem_of(connection_, take_error());
  state_ = State::ended;
}

void DatagramSession::send(std::string_view data) {
  if (state_ != State::established) return;
  forget_errors();
  std::size_t taken = 0;
  const int result = SSL_write_ex(connection_, data.data(), data.size(), &taken);
  if (result <= 0) judge(result);
}

std::optional<std::chrono::milliseconds> DatagramSession::repeat_within() const noexcept {
  timeval left{};
  if (DTLSv1_get_timeout(connection_, &left) != 1) return std::nullopt;
  return std::chrono::milliseconds{left.tv_sec * 1'000 + left.tv_usec / 1'000 + 1};
}

DatagramSession::State DatagramSession::repeat() {
  forget_errors();
  if (state_ == State::handshake && DTLSv1_handle_timeout(connection_) < 0) judge(-1);
  return state_;
}

DatagramListener::DatagramListener() = default;
DatagramListener::~DatagramListener() = default;

std::unique_ptr<DatagramSession> DatagramListener::listen(const Context& context,
                                                          std::string_view peer,
                                                          std::string_view hello,
                                                          DatagramSession::Transmit transmit) {
  if (context != context_ || !next_)
    next_ = std::make_unique<DatagramSession>(accept_with(context), Side::server, nullptr);
  context_ = context;
  next_->way_->in = hello;
  next_->way_->peer = peer;
  next_->way_->transmit = std::move(transmit);
  forget_errors();
  struct FreeAddress {
    void operator()(BIO_ADDR* address) const noexcept { BIO_ADDR_free(address); }
  };
  const std::unique_ptr<BIO_ADDR, FreeAddress> unused(BIO_ADDR_new());
  const int result = DTLSv1_listen(next_->connection_, unused.get());
  next_->way_->in = {};
  forget_errors();
  return result > 0 ? std::move(next_) : nullptr;
}

bool is_client_hello(std::string_view datagram) noexcept {
  return datagram.size() >= kRandomAt + kRandomOctets && datagram[0] == SSL3_RT_HANDSHAKE &&
         datagram[3] == 0 && datagram[4] == 0 && datagram[kTypeAt] == SSL3_MT_CLIENT_HELLO;
}

bool began(std::string_view hello, const DatagramSession& session) noexcept {
  std::array<unsigned char, kRandomOctets> random{};
  SSL_get_client_random(session.connection(), random.data(), random.size());
  return std::memcmp(random.data(), hello.data() + kRandomAt, random.size()) == 0;
}

void use_cookies(ssl_ctx_st* context) {
  SSL_CTX_set_cookie_generate_cb(context, make_cookie);
  SSL_CTX_set_cookie_verify_cb(context, check_cookie);
}

}  // namespace msggw::tls
