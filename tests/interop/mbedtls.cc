// SPDX-License-Identifier: Apache-2.0
// See README.md.
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/error.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl.h>
#include <mbedtls/timing.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

constexpr std::size_t kMostOctets = 16'384;

void require(int result, const char* what) {
  if (result >= 0) return;
  std::array<char, 128> text{};
  mbedtls_strerror(result, text.data(), text.size());
  throw std::runtime_error(std::string(what) + ": " + text.data());
}

std::vector<unsigned char> octets_of(const std::string& hex) {
  std::vector<unsigned char> octets;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    octets.push_back(static_cast<unsigned char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  return octets;
}

/// One session of mbed TLS, from the command line.
class Session {
 public:
  explicit Session(const std::vector<std::string>& words);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void shake_hands();
  /// Until standard input or the session ends.
  void carry();

 private:
  void use_psk(const std::vector<std::string>& words);
  void use_certificate(const std::vector<std::string>& words);
  bool say(std::string& typed);
  bool hear();

  bool datagram_;
  std::vector<unsigned char> key_;
  // What RFC 7252 9.1.3.1 asks for, and the one beside it.
  const int suites_[3] = {MBEDTLS_TLS_PSK_WITH_AES_128_CCM_8,
                          MBEDTLS_TLS_PSK_WITH_AES_128_GCM_SHA256, 0};
  const char* protocols_[2] = {"coap", nullptr};
  mbedtls_net_context net_;
  mbedtls_entropy_context entropy_;
  mbedtls_ctr_drbg_context random_;
  mbedtls_ssl_config config_;
  mbedtls_ssl_context ssl_;
  mbedtls_timing_delay_context timer_{};
  mbedtls_x509_crt ca_, own_;
  mbedtls_pk_context own_key_;
};

Session::Session(const std::vector<std::string>& words) : datagram_(words.at(0) == "dtls") {
  mbedtls_net_init(&net_);
  mbedtls_entropy_init(&entropy_);
  mbedtls_ctr_drbg_init(&random_);
  mbedtls_ssl_config_init(&config_);
  mbedtls_ssl_init(&ssl_);
  mbedtls_x509_crt_init(&ca_);
  mbedtls_x509_crt_init(&own_);
  mbedtls_pk_init(&own_key_);
  require(mbedtls_ctr_drbg_seed(&random_, mbedtls_entropy_func, &entropy_, nullptr, 0), "seed");
  require(mbedtls_net_connect(&net_, words.at(1).c_str(), words.at(2).c_str(),
                              datagram_ ? MBEDTLS_NET_PROTO_UDP : MBEDTLS_NET_PROTO_TCP),
          "connect");
  require(mbedtls_ssl_config_defaults(
              &config_, MBEDTLS_SSL_IS_CLIENT,
              datagram_ ? MBEDTLS_SSL_TRANSPORT_DATAGRAM : MBEDTLS_SSL_TRANSPORT_STREAM,
              MBEDTLS_SSL_PRESET_DEFAULT),
          "defaults");
  mbedtls_ssl_conf_rng(&config_, mbedtls_ctr_drbg_random, &random_);
  if (!datagram_) require(mbedtls_ssl_conf_alpn_protocols(&config_, protocols_), "ALPN");
  words.at(3) == "psk" ? use_psk(words) : use_certificate(words);
  require(mbedtls_ssl_setup(&ssl_, &config_), "setup");
  // Its certificates name no addresses that this library would look at.
  if (words.size() > 7) require(mbedtls_ssl_set_hostname(&ssl_, words.at(7).c_str()), "name");
  mbedtls_ssl_set_bio(&ssl_, &net_, mbedtls_net_send, mbedtls_net_recv,
                      datagram_ ? mbedtls_net_recv_timeout : nullptr);
  mbedtls_ssl_set_timer_cb(&ssl_, &timer_, mbedtls_timing_set_delay, mbedtls_timing_get_delay);
}

Session::~Session() {
  mbedtls_ssl_close_notify(&ssl_);
  mbedtls_ssl_free(&ssl_);
  mbedtls_ssl_config_free(&config_);
  mbedtls_x509_crt_free(&ca_);
  mbedtls_x509_crt_free(&own_);
  mbedtls_pk_free(&own_key_);
  mbedtls_ctr_drbg_free(&random_);
  mbedtls_entropy_free(&entropy_);
  mbedtls_net_free(&net_);
}

void Session::use_psk(const std::vector<std::string>& words) {
  const std::string& identity = words.at(4);
  key_ = octets_of(words.at(5));
  require(mbedtls_ssl_conf_psk(&config_, key_.data(), key_.size(),
                               reinterpret_cast<const unsigned char*>(identity.data()),
                               identity.size()),
          "PSK");
  mbedtls_ssl_conf_ciphersuites(&config_, suites_);
}

void Session::use_certificate(const std::vector<std::string>& words) {
  require(mbedtls_x509_crt_parse_file(&own_, words.at(4).c_str()), "certificate");
  require(mbedtls_pk_parse_keyfile(&own_key_, words.at(5).c_str(), nullptr), "key");
  require(mbedtls_x509_crt_parse_file(&ca_, words.at(6).c_str()), "CA");
  require(mbedtls_ssl_conf_own_cert(&config_, &own_, &own_key_), "certificate and key");
  mbedtls_ssl_conf_ca_chain(&config_, &ca_, nullptr);
  mbedtls_ssl_conf_authmode(&config_, MBEDTLS_SSL_VERIFY_REQUIRED);
}

void Session::shake_hands() {
  int result = 0;
  do result = mbedtls_ssl_handshake(&ssl_);
  while (result == MBEDTLS_ERR_SSL_WANT_READ || result == MBEDTLS_ERR_SSL_WANT_WRITE);
  require(result, "handshake");
}

/// False: there will be nothing more.
bool Session::say(std::string& typed) {
  std::array<char, 4'096> room;
  const ssize_t size = read(STDIN_FILENO, room.data(), room.size());
  if (size <= 0) return false;
  typed.append(room.data(), static_cast<std::size_t>(size));
  for (auto end = typed.find('\n'); end != typed.npos; end = typed.find('\n')) {
    const auto octets = octets_of(typed.substr(0, end));
    typed.erase(0, end + 1);
    for (std::size_t sent = 0; sent < octets.size();) {
      const int result = mbedtls_ssl_write(&ssl_, octets.data() + sent, octets.size() - sent);
      require(result, "write");
      sent += static_cast<std::size_t>(result);
    }
  }
  return true;
}

/// False: the server has said good-bye.
bool Session::hear() {
  std::array<unsigned char, kMostOctets> room;
  do {
    const int result = mbedtls_ssl_read(&ssl_, room.data(), room.size());
    if (result == 0 || result == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) return false;
    if (result == MBEDTLS_ERR_SSL_WANT_READ || result == MBEDTLS_ERR_SSL_TIMEOUT) return true;
    require(result, "read");
    for (int i = 0; i < result; ++i) std::printf("%02x", room[static_cast<std::size_t>(i)]);
    std::puts("");
    std::fflush(stdout);
  } while (mbedtls_ssl_get_bytes_avail(&ssl_) > 0);
  return true;
}

void Session::carry() {
  mbedtls_ssl_conf_read_timeout(&config_, 1);
  std::string typed;
  std::array<pollfd, 2> wait{{{STDIN_FILENO, POLLIN, 0}, {net_.fd, POLLIN, 0}}};
  while (poll(wait.data(), wait.size(), -1) > 0) {
    if (wait[0].revents != 0 && !say(typed)) return;
    if (wait[1].revents != 0 && !hear()) return;
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    Session session({argv + 1, argv + argc});
    session.shake_hands();
    std::puts("ready");
    std::fflush(stdout);
    session.carry();
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "msggw-mbedtls: %s\n", error.what());
    return 1;
  }
}
