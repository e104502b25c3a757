// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/http/client.h"

#include <algorithm>
#include <stdexcept>
#include <unordered_map>
#include <utility>

#include "adapters/wire/http/curl_loop.h"
#include "adapters/wire/http/transfer.h"

namespace msggw::http {

namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kMostOrigins = 64;

tls::Options options_of(const ClientTls& files) {
  return {.ca = files.ca, .certificate = files.certificate, .key = files.key};
}

bool names_files(const ClientTls& files) noexcept {
  return !files.ca.empty() || !files.certificate.empty() || !files.key.empty();
}

/// Throws std::runtime_error. Without files it is the trust of the system, which is slow to read
/// (140 certificates), and of no use to a client that speaks http alone.
tls::Context make_context(const ClientTls& files) {
  auto made = tls::make(options_of(files));
  if (!made) throw std::runtime_error(made.error().detail);
  return std::move(*made);
}

}  // namespace

base::Result<void> check_files(const ClientTls& files) {
  const auto made = tls::make(options_of(files));
  return made ? base::Result<void>() : tl::unexpected(made.error());
}

class Client::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(boost::asio::io_context& io, ClientOptions options);

  void open() { loop_->start(); }
  void close() noexcept;
  std::size_t room() const noexcept;
  std::size_t in_flight() const noexcept { return transfers_.size(); }
  void start(ClientRequest request, Done done);

 private:
  struct Finished {
    Done done;
    base::Result<ClientResponse> result;
  };

  CurlLoop::Events events();

  void launch(Transfer& transfer);
  void launch_cleartext_http2(Transfer& transfer);
  void add(Transfer& transfer, long version, bool fresh_connection);
  void complete(Transfer& transfer, base::Result<ClientResponse> result);
  void warmed(Transfer& warmer, const base::Result<ClientResponse>* result);
  void end_turn();
  curl_socket_t socket_of(const Transfer& transfer) const noexcept;
  void gone(curl_socket_t fd);
  void deliver();
  Http2Origin& origin_of(const base::Uri& url);

  ClientOptions options_;
  tls::Context tls_;  // null until the first https of a client without files
  std::shared_ptr<CurlLoop> loop_;
  std::unordered_map<CURL*, std::unique_ptr<Transfer>> transfers_;
  std::unordered_map<std::string, Http2Origin> origins_;
  std::vector<Transfer*> warming_;
  std::vector<Finished> finished_;
  std::vector<Finished> delivering_;
  bool http2_seen_ = false;
  bool closed_ = false;
};

Client::Impl::Impl(boost::asio::io_context& io, ClientOptions options)
    : options_(std::move(options)),
      tls_(names_files(options_.tls) ? make_context(options_.tls) : nullptr),
      loop_(std::make_shared<CurlLoop>(io, options_.max_connections, options_.max_streams,
                                       events())) {}

CurlLoop::Events Client::Impl::events() {
  return {[this](CURL* easy, CURLcode code) {
            Transfer& transfer = *transfers_.at(easy);
            complete(transfer, transfer.finish(code));
          },
          [this] { end_turn(); }, [this](curl_socket_t fd) { gone(fd); }};
}

void Client::Impl::close() noexcept {
  closed_ = true;
  std::vector<CURL*> easies;
  for (const auto& [easy, transfer] : transfers_) easies.push_back(easy);
  loop_->close(easies);
  finished_.clear();
}

std::size_t Client::Impl::room() const noexcept {
  const bool streams = options_.version == Version::http2 || http2_seen_;
  const std::size_t most = streams ? options_.max_streams : options_.max_connections;
  return transfers_.size() < most ? most - transfers_.size() : 0;
}

void Client::Impl::start(ClientRequest request, Done done) {
  base::ensure(room() > 0, "HTTP client: a request without room for it");
  if (const auto good = check_values(request); !good) {
    finished_.push_back({std::move(done), tl::unexpected(good.error())});
    return loop_->wake();
  }
  auto made =
      std::make_unique<Transfer>(options_, std::move(request), std::move(done), SteadyClock::now());
  Transfer& transfer = *made;
  transfers_.emplace(transfer.easy(), std::move(made));
  loop_->adopt(transfer.easy());
  launch(transfer);
}

void Client::Impl::launch(Transfer& transfer) {
  const bool cleartext = !base::is_secure(transfer.url().scheme);
  switch (options_.version) {
    case Version::http1: return add(transfer, CURL_HTTP_VERSION_1_1, false);
    case Version::automatic:
      return add(transfer, cleartext ? CURL_HTTP_VERSION_1_1 : CURL_HTTP_VERSION_2TLS, false);
    case Version::http2:
      if (cleartext) return launch_cleartext_http2(transfer);
      return add(transfer, CURL_HTTP_VERSION_2TLS, false);
  }
}

void Client::Impl::launch_cleartext_http2(Transfer& transfer) {
  if (transfer.origin == nullptr) {
    transfer.origin = &origin_of(transfer.url());
    ++transfer.origin->users;
  }
  Http2Origin& origin = *transfer.origin;
  switch (origin.state) {
    case Http2Origin::State::cold:
      origin.state = Http2Origin::State::warming;
      transfer.warming = true;
      warming_.push_back(&transfer);
      return add(transfer, CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE, true);
    case Http2Origin::State::warming: return origin.waiting.push_back(&transfer);
    case Http2Origin::State::warm: return add(transfer, CURL_HTTP_VERSION_2_0, false);
  }
}

void Client::Impl::add(Transfer& transfer, long version, bool fresh_connection) {
  const auto waited = SteadyClock::now() - transfer.started();
  const auto left = options_.request_timeout - std::chrono::floor<base::Duration>(waited);
  transfer.set_version(version, fresh_connection);
  if (base::is_secure(transfer.url().scheme)) {
    if (tls_ == nullptr) tls_ = make_context(options_.tls);
    transfer.set_tls(tls_);
  }
  transfer.set_timeout(std::max(left, base::Duration(1)));  // 0 would mean for ever
  loop_->add(transfer.easy());
}

void Client::Impl::complete(Transfer& transfer, base::Result<ClientResponse> result) {
  if (result) http2_seen_ = result->version == 20;
  if (transfer.warming) warmed(transfer, &result);
  if (Http2Origin* const origin = std::exchange(transfer.origin, nullptr)) {
    --origin->users;
    const bool fell_back = result && result->version != 20;
    if (fell_back && origin->state == Http2Origin::State::warm) {
      origin->state = Http2Origin::State::cold;
    }
  }
  finished_.push_back({transfer.take_done(), std::move(result)});
  transfers_.erase(transfer.easy());
}

/// The connection of `warmer` stands (`result` is null), or its request came to an end before that
/// was seen.
void Client::Impl::warmed(Transfer& warmer, const base::Result<ClientResponse>* result) {
  warmer.warming = false;
  Http2Origin& origin = *warmer.origin;
  std::erase(warming_, &warmer);
  const auto waiting = std::exchange(origin.waiting, {});
  if (warmer.connected) {
    origin.socket = socket_of(warmer);
    const bool open = origin.socket != CURL_SOCKET_BAD;
    origin.state = open ? Http2Origin::State::warm : Http2Origin::State::cold;
    for (Transfer* transfer : waiting) launch_cleartext_http2(*transfer);
    return;
  }
  // Those behind it would meet the same; one after the other they would wait for a multiple of the
  // timeout.
  origin.state = Http2Origin::State::cold;
  for (Transfer* transfer : waiting) {
    complete(*transfer, tl::unexpected(result->error()));
  }
}

/// Of the sockets tried for the name's addresses, the one that was kept.
curl_socket_t Client::Impl::socket_of(const Transfer& transfer) const noexcept {
  const auto& tried = transfer.tried();
  const auto kept = std::find_if(tried.rbegin(), tried.rend(),
                                 [this](curl_socket_t fd) { return loop_->is_open(fd); });
  return kept == tried.rend() ? CURL_SOCKET_BAD : *kept;
}

void Client::Impl::end_turn() {
  for (std::size_t i = warming_.size(); i-- > 0;) {
    if (warming_[i]->connected) warmed(*warming_[i], nullptr);
  }
  deliver();
}

void Client::Impl::gone(curl_socket_t fd) {
  for (auto& [key, origin] : origins_) {
    if (origin.socket != fd) continue;
    origin.socket = CURL_SOCKET_BAD;
    if (origin.state == Http2Origin::State::warm) origin.state = Http2Origin::State::cold;
  }
}

void Client::Impl::deliver() {
  if (finished_.empty()) return;
  const auto self = shared_from_this();  // a Done may end the client
  delivering_.swap(finished_);
  for (Finished& finished : delivering_) {
    if (closed_) break;
    finished.done(std::move(finished.result));
  }
  delivering_.clear();
}

Http2Origin& Client::Impl::origin_of(const base::Uri& url) {
  if (origins_.size() >= kMostOrigins) {
    std::erase_if(origins_, [](const auto& entry) { return entry.second.users == 0; });
  }
  return origins_[base::origin_of(url)];
}

Client::Client(boost::asio::io_context& io, ClientOptions options)
    : impl_(std::make_shared<Impl>(io, std::move(options))) {
  impl_->open();
}

Client::~Client() {
  impl_->close();
}

std::size_t Client::room() const noexcept {
  return impl_->room();
}

std::size_t Client::in_flight() const noexcept {
  return impl_->in_flight();
}

void Client::start(ClientRequest request, Done done) {
  impl_->start(std::move(request), std::move(done));
}

}  // namespace msggw::http
