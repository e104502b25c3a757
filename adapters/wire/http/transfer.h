// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/base/handle.h"
#define CURL_STRICTER
#include <curl/curl.h>

#include <array>
#include <string_view>

#include "adapters/wire/http/client.h"
#include "adapters/wire/tls/contexts.h"

namespace msggw::http {

/// One request and the easy handle that carries it, both for this one time: what libcurl keeps in
/// an easy handle of one answer must not be there when the next is read. Connections belong to the
/// multi handle and live on. Its address is known to libcurl, so it never moves.
class Transfer {
 public:
  /// Its values are good, see check_values().
  Transfer(const ClientOptions& options, ClientRequest request, Done done);
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  /// Before it starts, for https: whom to trust and what to show.
  void set_tls(const tls::Context& context);
  /// What came of it, once.
  base::Result<ClientResponse> finish(CURLcode code);

  CURL* easy() const noexcept { return easy_.get(); }
  const base::Uri& url() const noexcept { return request_.url; }
  Done take_done() noexcept { return std::move(done_); }

 private:
  static CURLcode on_tls(CURL*, void* context, void* self) noexcept;
  static std::size_t on_header(char* line, std::size_t one, std::size_t size, void* self) noexcept;
  static std::size_t on_body(char* octets, std::size_t one, std::size_t size, void* self) noexcept;
  std::size_t take_header(std::string_view line);
  std::size_t take_body(std::string_view octets);
  void set_options(const ClientOptions& options);
  void set_method();
  void set_headers();
  std::string field(const char* name) const;
  std::string reason_of(CURLcode code) const;
  base::Error failed(base::Errc code, std::string_view reason) const;

  base::Handle<curl_slist, curl_slist_free_all> headers_;
  tls::Context tls_;
  ClientRequest request_;  // libcurl reads the body here
  Done done_;
  ClientResponse response_;
  std::size_t max_octets_;
  bool has_certificate_;  // of our own, for a server that asks for one
  std::size_t header_octets_ = 0;
  bool header_ended_ = false;
  bool too_large_ = false;
  bool coded_ = false;  // with a transfer coding other than chunked
  std::array<char, CURL_ERROR_SIZE> error_{};
  base::Handle<CURL, curl_easy_cleanup> easy_;  // points to the others, so it goes first
};

}  // namespace msggw::http
