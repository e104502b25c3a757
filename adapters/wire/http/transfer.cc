// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/http/transfer.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "adapters/wire/http/client_values.h"
#include "adapters/wire/tls/handshake.h"
#include "gateway/base/result.h"

namespace msggw::http {

namespace {

using base::Errc;

constexpr long kReceiveBuffer = 16 * 1024;
constexpr long kSendBuffer = 16 * 1024;

template <class Value>
void set(CURL* easy, CURLoption option, Value value) {
  base::ensure(curl_easy_setopt(easy, option, value) == CURLE_OK, "libcurl refuses an option");
}

Errc errc_of(CURLcode code) noexcept {
  switch (code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:  // also an answer that is not HTTP ("HTTP/0.9")
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_HTTP2: return Errc::malformed;
    case CURLE_FILESIZE_EXCEEDED: return Errc::too_large;
    default: return Errc::unavailable;  // libcurl has a hundred codes for that
  }
}

/// Libcurl decodes each that such a line names (RFC 9112 6.1), and a few octets can keep a chain of
/// decoders at work for minutes without a single octet of body.
bool names_other_coding(std::string_view line) noexcept {
  constexpr std::string_view kName = "transfer-encoding:";
  if (line.size() < kName.size() || !curl_strnequal(line.data(), kName.data(), kName.size())) {
    return false;
  }
  std::string_view value = line.substr(kName.size());
  value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
  value = value.substr(0, value.find_last_not_of(" \t\r\n") + 1);
  constexpr std::string_view kChunked = "chunked";
  return value.size() != kChunked.size() ||
         !curl_strnequal(value.data(), kChunked.data(), kChunked.size());
}

/// What a listener for TLS makes of a request in the clear: it goes, or says something else.
bool is_no_http(CURLcode code) noexcept {
  return code == CURLE_GOT_NOTHING || code == CURLE_UNSUPPORTED_PROTOCOL ||
         code == CURLE_WEIRD_SERVER_REPLY || code == CURLE_RECV_ERROR;
}

/// The error of OpenSSL that libcurl quotes ("...: error:0A00045C:SSL routines::..."); 0: none.
unsigned long tls_error_in(std::string_view words) noexcept {
  constexpr std::string_view kMark = "error:";
  const auto at = words.find(kMark);
  if (at == std::string_view::npos) return 0;
  unsigned long error = 0;
  const char* const begin = words.data() + at + kMark.size();
  const auto [end, wrong] = std::from_chars(begin, words.data() + words.size(), error, 16);
  return wrong == std::errc{} && end == begin + 8 ? error : 0;
}

/// For libcurl, whose own parser cannot read another host, port or path out of it: a canonical host
/// has no character and no form that means anything to it but what is meant.
std::string text_of(const ClientRequest& request) {
  std::string url = base::to_string(request.url);
  return request.query.empty() ? url : url.append("?").append(request.query);
}

}  // namespace

Transfer::Transfer(const ClientOptions& options, ClientRequest request, Done done)
    : request_(std::move(request)),
      done_(std::move(done)),
      max_octets_(options.max_response_octets),
      has_certificate_(!options.tls.certificate.empty()),
      easy_(curl_easy_init()) {
  base::ensure(easy_ != nullptr, "libcurl gives no handle");
  set_options(options);
  set(easy(), CURLOPT_URL, text_of(request_).c_str());
  set_method();
  set_headers();
}

void Transfer::set_options(const ClientOptions& options) {
  CURL* const easy = easy_.get();
  set(easy, CURLOPT_ERRORBUFFER, error_.data());
  set(easy, CURLOPT_NOSIGNAL, 1L);
  set(easy, CURLOPT_PROXY, "");
  set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  const bool http2 = options.version == Version::automatic && base::is_secure(request_.url.scheme);
  set(easy, CURLOPT_HTTP_VERSION, http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1);
  set(easy, CURLOPT_PATH_AS_IS, 1L);
  set(easy, CURLOPT_TCP_NODELAY, 1L);
  set(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  set(easy, CURLOPT_PIPEWAIT, 1L);
  set(easy, CURLOPT_BUFFERSIZE, kReceiveBuffer);
  set(easy, CURLOPT_UPLOAD_BUFFERSIZE, kSendBuffer);
  set(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count()));
  // 0 would mean for ever.
  set(easy, CURLOPT_TIMEOUT_MS, std::max(1L, static_cast<long>(options.request_timeout.count())));
  set(easy, CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(options.max_response_octets));
  set(easy, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
  set(easy, CURLOPT_HEADERDATA, this);
  set(easy, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  set(easy, CURLOPT_WRITEDATA, this);
}

std::size_t Transfer::on_body(char* octets, std::size_t, std::size_t size, void* self) noexcept {
  return static_cast<Transfer*>(self)->take_body({octets, size});
}

CURLcode Transfer::on_tls(CURL*, void* context, void* self) noexcept {
  const auto& transfer = *static_cast<Transfer*>(self);
  auto* const made = static_cast<ssl_ctx_st*>(context);
  tls::configure(transfer.tls_, made);
  tls::expect_host(made, transfer.url().host.text());
  return CURLE_OK;
}

std::size_t Transfer::on_header(char* line, std::size_t, std::size_t size, void* self) noexcept {
  return static_cast<Transfer*>(self)->take_header({line, size});
}

/// Libcurl takes the end of a connection within the header for the end of the header, sets no near
/// limit to it, and decodes transfer codings that nobody asked for. Lines after the header are
/// trailer fields, unless a status line begins the header after that of a 1xx.
std::size_t Transfer::take_header(std::string_view line) {
  if (line == "\r\n" || line == "\n") header_ended_ = true;
  if (line.starts_with("HTTP/")) header_ended_ = false;
  header_octets_ += line.size();
  too_large_ = header_octets_ > kMostHeaderOctets;
  coded_ = coded_ || (!header_ended_ && names_other_coding(line));
  return too_large_ || coded_ ? 0 : line.size();  // 0 ends the transfer
}

std::size_t Transfer::take_body(std::string_view octets) {
  if (octets.size() > max_octets_ - response_.body.size()) {
    too_large_ = true;
    return 0;  // ends the transfer
  }
  response_.body.append(octets);
  return octets.size();
}

void Transfer::set_method() {
  const bool body = has_body(request_);
  const bool head = request_.method == "HEAD";
  set(easy(), body ? CURLOPT_POST : CURLOPT_HTTPGET, 1L);
  if (head) set(easy(), CURLOPT_NOBODY, 1L);
  if (!head && request_.method != (body ? "POST" : "GET")) {
    set(easy(), CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  }
  if (!body) return;
  set(easy(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
  set(easy(), CURLOPT_POSTFIELDS, request_.body.c_str());  // not copied: the request stays here
}

void Transfer::set_headers() {
  curl_slist* list = nullptr;
  const auto add = [&list](const std::string& line) {
    list = curl_slist_append(list, line.c_str());
    base::ensure(list != nullptr, "out of memory");
  };
  // Libcurl's own "Expect: 100-continue" would cost a round trip, its Accept says nothing.
  add("expect:");
  add(request_.accept.empty() ? "accept:" : "accept: " + request_.accept);
  add(request_.content_type.empty() ? "content-type:" : "content-type: " + request_.content_type);
  if (!request_.authorization.empty()) add("authorization: " + request_.authorization);
  for (const auto& [name, value] : request_.headers) add(name + ": " + value);
  set(easy(), CURLOPT_HTTPHEADER, list);
  headers_.reset(list);
}

/// Libcurl is left no file to read; it would at each handshake, and ask for the password of a key.
void Transfer::set_tls(const tls::Context& context) {
  tls_ = context;
  set(easy(), CURLOPT_CAINFO, nullptr);
  set(easy(), CURLOPT_CAPATH, nullptr);
  set(easy(), CURLOPT_SSL_CTX_FUNCTION, &Transfer::on_tls);
  set(easy(), CURLOPT_SSL_CTX_DATA, this);
}

base::Result<ClientResponse> Transfer::finish(CURLcode code) {
  long version = 0;
  curl_easy_getinfo(easy(), CURLINFO_HTTP_VERSION, &version);
  response_.version = version == CURL_HTTP_VERSION_2_0 ? 20 : 11;
  // Memory that has run out is libcurl's word for a header line beyond a limit of its own.
  if (too_large_ || code == CURLE_OUT_OF_MEMORY) {
    return tl::unexpected(failed(Errc::too_large, "the answer is too long"));
  }
  if (coded_) {
    return tl::unexpected(failed(Errc::malformed, "a transfer coding that was not asked for"));
  }
  // Libcurl's word for a header line that is none.
  if (code == CURLE_BAD_FUNCTION_ARGUMENT) {
    return tl::unexpected(failed(Errc::malformed, "a header line without a field name"));
  }
  if (code == CURLE_PEER_FAILED_VERIFICATION) {
    long verdict = 0;
    curl_easy_getinfo(easy(), CURLINFO_SSL_VERIFYRESULT, &verdict);
    const auto problem = tls::problem_of_certificate(verdict);
    return tl::unexpected(failed(Errc::unavailable, problem.detail));
  }
  // Libcurl counts the milliseconds in its words, so each would be another reason.
  if (code == CURLE_OPERATION_TIMEDOUT) {
    curl_off_t asked_at = 0;  // 0: never, there was no connection or no end of the TLS handshake
    curl_easy_getinfo(easy(), CURLINFO_PRETRANSFER_TIME_T, &asked_at);
    return tl::unexpected(failed(
        errc_of(code), asked_at == 0 ? "cannot connect: no answer in time" : "no answer in time"));
  }
  if (code != CURLE_OK) return tl::unexpected(failed(errc_of(code), reason_of(code)));
  if (!header_ended_) {
    return tl::unexpected(failed(Errc::unavailable, "the connection ended within the header"));
  }
  long status = 0;
  curl_easy_getinfo(easy(), CURLINFO_RESPONSE_CODE, &status);
  if (status < 200) return tl::unexpected(failed(Errc::malformed, "only an interim answer came"));
  response_.status = static_cast<unsigned>(status);
  response_.content_type = field("content-type");
  response_.retry_after = wait_in(field("retry-after"));
  if (status > 200 && status < 400) response_.location = field("location");
  return std::move(response_);
}

/// Why there is no answer, for whoever can mend it: libcurl's words where there are none better.
std::string Transfer::reason_of(CURLcode code) const {
  std::string_view said = error_[0] != '\0' ? error_.data() : curl_easy_strerror(code);
  if (const unsigned long error = tls_error_in(said); error != 0)
    return tls::problem_of(nullptr, error).detail;
  // What libcurl could not learn of a connection that is gone hides why it is gone.
  if (said.starts_with("getpeername()") || said.starts_with("getsockname()"))
    said = "the connection is lost";
  std::string reason(said);
  const bool is_secure = base::is_secure(request_.url.scheme);
  if (!is_secure && is_no_http(code)) reason += "; if the server speaks TLS, ask it by https";
  if (is_secure && code == CURLE_RECV_ERROR && !has_certificate_)
    reason += "; perhaps the server wants a certificate of this side";
  return reason;
}

/// Of the final answer's header: what libcurl tells elsewhere may come from a 1xx before it.
std::string Transfer::field(const char* name) const {
  curl_header* found = nullptr;
  const CURLHcode code = curl_easy_header(easy(), name, 0, CURLH_HEADER, -1, &found);
  return code == CURLHE_OK ? found->value : "";
}

base::Error Transfer::failed(Errc code, std::string_view reason) const {
  return failure(code, reason, request_.url);
}

}  // namespace msggw::http
