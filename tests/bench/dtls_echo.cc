// SPDX-License-Identifier: Apache-2.0
// A bare OpenSSL loop: DTLS 1.2 with PSK and cookies on one UDP socket, a session for each peer in
// a hash table, and 2.01 as the answer to each CoAP request. What the gateway's handshakes are
// measured against, so with the allocator of msggw: a page of memory that is new costs as much as
// some messages, and a session has a dozen.
// usage: bench_dtls_echo PORT SECRET    keys as those of `msggw-sim fleet --keys-from SECRET`
#include <arpa/inet.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <unordered_map>

namespace {

constexpr std::size_t kKeyOctets = 16;
constexpr long kMtu = 1'200;
constexpr std::size_t kDatagramOctets = 2'048;
constexpr int kReceiveOctets = 4 << 20;

std::string secret;
std::array<unsigned char, 32> cookie_key;
sockaddr_in from{};  // of the datagram in hand

unsigned key_of(SSL*, const char* identity, unsigned char* key, unsigned most) {
  const std::string what = secret + '\n' + identity;
  std::array<unsigned char, SHA256_DIGEST_LENGTH> hash{};
  SHA256(reinterpret_cast<const unsigned char*>(what.data()), what.size(), hash.data());
  if (most < kKeyOctets) return 0;
  std::memcpy(key, hash.data(), kKeyOctets);
  return kKeyOctets;
}

int make_cookie(SSL*, unsigned char* cookie, unsigned* size) {
  std::array<unsigned char, 6> peer;
  std::memcpy(peer.data(), &from.sin_addr, 4);
  std::memcpy(peer.data() + 4, &from.sin_port, 2);
  HMAC(EVP_sha256(), cookie_key.data(), static_cast<int>(cookie_key.size()), peer.data(),
       peer.size(), cookie, size);
  return 1;
}

int check_cookie(SSL* ssl, const unsigned char* cookie, unsigned size) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> own;
  unsigned own_size = 0;
  make_cookie(ssl, own.data(), &own_size);
  return own_size == size && CRYPTO_memcmp(own.data(), cookie, size) == 0 ? 1 : 0;
}

struct FreeSsl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
using Session = std::unique_ptr<SSL, FreeSsl>;

Session session_of(SSL_CTX* context) {
  Session ssl(SSL_new(context));
  SSL_set_bio(ssl.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  BIO_set_mem_eof_return(SSL_get_rbio(ssl.get()), -1);
  SSL_set_options(ssl.get(), SSL_OP_NO_QUERY_MTU);
  SSL_set_mtu(ssl.get(), kMtu);
  SSL_set_accept_state(ssl.get());
  return ssl;
}

void send_pending(int fd, SSL* ssl) {
  char* octets = nullptr;
  const long size = BIO_get_mem_data(SSL_get_wbio(ssl), &octets);
  if (size <= 0) return;
  sendto(fd, octets, static_cast<std::size_t>(size), 0, reinterpret_cast<const sockaddr*>(&from),
         sizeof from);
  static_cast<void>(BIO_reset(SSL_get_wbio(ssl)));
}

/// 2.01 with the Message ID and the token of the request.
void answer(SSL* ssl, std::array<unsigned char, kDatagramOctets>& request, int size) {
  const int token = request[0] & 15;
  if (size < 4 + token || request[1] == 0) return;
  request[0] = static_cast<unsigned char>(0x60 | token);
  request[1] = 0x41;
  SSL_write(ssl, request.data(), 4 + token);
}

void serve(int fd, SSL_CTX* context) {
  std::unordered_map<std::uint64_t, Session> sessions;
  Session next;
  std::array<unsigned char, kDatagramOctets> datagram;
  const std::unique_ptr<BIO_ADDR, void (*)(BIO_ADDR*)> unused(BIO_ADDR_new(), BIO_ADDR_free);
  while (true) {
    socklen_t octets = sizeof from;
    const ssize_t size = recvfrom(fd, datagram.data(), datagram.size(), 0,
                                  reinterpret_cast<sockaddr*>(&from), &octets);
    if (size <= 0) continue;
    const std::uint64_t peer = std::uint64_t{from.sin_addr.s_addr} << 16 | from.sin_port;
    auto at = sessions.find(peer);
    if (at != sessions.end()) {
      BIO_write(SSL_get_rbio(at->second.get()), datagram.data(), static_cast<int>(size));
    } else {
      if (!next) next = session_of(context);
      BIO_write(SSL_get_rbio(next.get()), datagram.data(), static_cast<int>(size));
      const bool shown = DTLSv1_listen(next.get(), unused.get()) > 0;
      static_cast<void>(BIO_reset(SSL_get_rbio(next.get())));
      send_pending(fd, next.get());
      if (!shown) continue;
      at = sessions.emplace(peer, std::move(next)).first;
    }
    SSL* const ssl = at->second.get();
    if (SSL_is_init_finished(ssl) == 0) SSL_do_handshake(ssl);
    int read = 0;
    while (SSL_is_init_finished(ssl) == 1 &&
           (read = SSL_read(ssl, datagram.data(), static_cast<int>(datagram.size()))) > 0)
      answer(ssl, datagram, read);
    send_pending(fd, ssl);
    if ((SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN) != 0) sessions.erase(at);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  secret = argv[2];
  RAND_bytes(cookie_key.data(), static_cast<int>(cookie_key.size()));
  SSL_CTX* const context = SSL_CTX_new(DTLS_server_method());
  SSL_CTX_set_min_proto_version(context, DTLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context, "PSK:!kRSAPSK:!eNULL");
  SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_TICKET);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_psk_server_callback(context, key_of);
  SSL_CTX_set_cookie_generate_cb(context, make_cookie);
  SSL_CTX_set_cookie_verify_cb(context, check_cookie);
  const int fd = socket(AF_INET, SOCK_DGRAM, 0);
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &kReceiveOctets, sizeof kReceiveOctets) != 0)
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &kReceiveOctets, sizeof kReceiveOctets);
  sockaddr_in own{};
  own.sin_family = AF_INET;
  own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  own.sin_port = htons(static_cast<std::uint16_t>(std::atoi(argv[1])));
  if (bind(fd, reinterpret_cast<const sockaddr*>(&own), sizeof own) != 0) return 1;
  std::puts("ready");
  std::fflush(stdout);
  serve(fd, context);
}
