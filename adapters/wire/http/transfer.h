// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/base/handle.h"
#define CURL_STRICTER
#include <curl/curl.h>

#include <array>
#include <chrono>
#include <string_view>
#include <vector>

#include "adapters/wire/http/client.h"
#include "adapters/wire/tls/contexts.h"

namespace msggw::http {

class Transfer;

/// Cleartext HTTP/2 by prior knowledge to one address. Libcurl 7.88 breaks a connection when a
/// second request names prior knowledge on it, but multiplexes requests for "HTTP/2 if possible"
/// over one that stands. So one request opens the connection with prior knowledge (warming), and
/// all others follow it. Without such a connection libcurl would speak HTTP/1.1, therefore its end
/// is watched for, also while it is idle.
struct Http2Origin {
  enum class State { cold, warming, warm };
  State state = State::cold;
  curl_socket_t socket = CURL_SOCKET_BAD;  ///< of the warm connection
  std::vector<Transfer*> waiting;          ///< for it to be warm
  std::size_t users = 0;                   ///< transfers that name this origin
};

/// The error of a request whose values cannot be sent; no Transfer may be made of it.
base::Result<void> check_values(const ClientRequest& request);

/// One request and the easy handle that carries it, both for this one time: what libcurl keeps in
/// an easy handle of one answer must not be there when the next is read. Connections belong to the
/// multi handle and live on. Its address is known to libcurl, so it never moves.
class Transfer {
 public:
  Transfer(const ClientOptions& options, ClientRequest request, Done done,
           std::chrono::steady_clock::time_point now);
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  /// The last settings before it starts: protocol, and the time it has left.
  void set_version(long version, bool fresh_connection);
  void set_timeout(std::chrono::milliseconds left);
  /// ... and for https, whom to trust and what to show.
  void set_tls(const tls::Context& context);
  /// What came of it, once.
  base::Result<ClientResponse> finish(CURLcode code);

  CURL* easy() const noexcept { return easy_.get(); }
  const base::Uri& url() const noexcept { return request_.url; }
  Done take_done() noexcept { return std::move(done_); }
  std::chrono::steady_clock::time_point started() const noexcept { return started_; }
  /// The sockets opened for it, in order; most have been closed since.
  const std::vector<curl_socket_t>& tried() const noexcept { return tried_; }

  Http2Origin* origin = nullptr;  ///< cleartext HTTP/2 only
  bool warming = false;           ///< it opens the connection for its origin
  bool connected = false;         ///< its connection stands, the request is about to be sent

 private:
  static int on_open(void* self, curl_socket_t fd, curlsocktype purpose) noexcept;
  static int on_connected(void* self, char*, char*, int, int) noexcept;
  static CURLcode on_tls(CURL*, void* context, void* self) noexcept;
  static std::size_t on_header(char* line, std::size_t one, std::size_t size, void* self) noexcept;
  static std::size_t on_body(char* octets, std::size_t one, std::size_t size, void* self) noexcept;
  std::size_t take_header(std::string_view line);
  std::size_t take_body(std::string_view octets);
  void set_options(const ClientOptions& options);
  void set_method();
  void set_headers();
  std::string field(const char* name) const;
  base::Error failure(base::Errc code, std::string_view reason) const;

  base::Handle<curl_slist, curl_slist_free_all> headers_;
  tls::Context tls_;
  ClientRequest request_;  // libcurl reads the body here
  std::vector<curl_socket_t> tried_;
  Done done_;
  ClientResponse response_;
  std::size_t max_octets_;
  std::size_t header_octets_ = 0;
  bool header_ended_ = false;
  bool too_large_ = false;
  bool coded_ = false;  // with a transfer coding other than chunked
  std::chrono::steady_clock::time_point started_;
  std::array<char, CURL_ERROR_SIZE> error_{};
  base::Handle<CURL, curl_easy_cleanup> easy_;  // points to the others, so it goes first
};

}  // namespace msggw::http
