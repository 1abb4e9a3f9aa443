#include "services/runtime/security/crypto.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <cstdio>
#include <cstdlib>
#include <memory>

namespace shoujie::crypto {
namespace {

void Require(bool ok, const char* what) {
  if (ok) return;
  std::fprintf(stderr, "shoujie: fatal: OpenSSL failed in %s\n", what);
  std::abort();
}

const unsigned char* Bytes(absl::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* Bytes(std::string& text) { return reinterpret_cast<unsigned char*>(&text[0]); }

struct Free {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};

// Fetching a cipher takes locks and look-ups in OpenSSL 3; once is enough.
const EVP_CIPHER* Cipher() {
  static const EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  Require(cipher != nullptr, "EVP_CIPHER_fetch");
  return cipher;
}

EVP_CIPHER_CTX* Context() {
  thread_local const std::unique_ptr<EVP_CIPHER_CTX, Free> context(EVP_CIPHER_CTX_new());
  Require(context != nullptr, "EVP_CIPHER_CTX_new");
  return context.get();
}

}  // namespace

std::string Seal(absl::string_view key, absl::string_view nonce, absl::string_view additional,
                 absl::string_view plain) {
  Require(key.size() == kKeyBytes && nonce.size() == kNonceBytes, "Seal: sizes");
  std::string box(kNonceBytes + plain.size() + kTagBytes, '\0');
  nonce.copy(&box[0], kNonceBytes);
  EVP_CIPHER_CTX* const context = Context();
  int length = 0;
  Require(EVP_EncryptInit_ex2(context, Cipher(), Bytes(key), Bytes(nonce), nullptr) == 1, "EVP_EncryptInit_ex2");
  Require(EVP_EncryptUpdate(context, nullptr, &length, Bytes(additional), static_cast<int>(additional.size())) == 1,
          "EVP_EncryptUpdate");
  if (!plain.empty()) {
    Require(EVP_EncryptUpdate(context, Bytes(box) + kNonceBytes, &length, Bytes(plain),
                              static_cast<int>(plain.size())) == 1,
            "EVP_EncryptUpdate");
  }
  unsigned char* const tag = Bytes(box) + kNonceBytes + plain.size();
  Require(EVP_EncryptFinal_ex(context, tag, &length) == 1, "EVP_EncryptFinal_ex");
  Require(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, kTagBytes, tag) == 1, "EVP_CTRL_GCM_GET_TAG");
  return box;
}

std::optional<std::string> Open(absl::string_view key, absl::string_view additional, absl::string_view box) {
  Require(key.size() == kKeyBytes, "Open: key size");
  if (box.size() < kNonceBytes + kTagBytes) return std::nullopt;
  const absl::string_view sealed = box.substr(kNonceBytes, box.size() - kNonceBytes - kTagBytes);
  std::string tag(box.substr(box.size() - kTagBytes));
  std::string plain(sealed.size(), '\0');
  EVP_CIPHER_CTX* const context = Context();
  int length = 0;
  Require(EVP_DecryptInit_ex2(context, Cipher(), Bytes(key), Bytes(box), nullptr) == 1, "EVP_DecryptInit_ex2");
  Require(EVP_DecryptUpdate(context, nullptr, &length, Bytes(additional), static_cast<int>(additional.size())) == 1,
          "EVP_DecryptUpdate");
  if (!sealed.empty()) {
    Require(EVP_DecryptUpdate(context, Bytes(plain), &length, Bytes(sealed), static_cast<int>(sealed.size())) == 1,
            "EVP_DecryptUpdate");
  }
  Require(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, kTagBytes, &tag[0]) == 1, "EVP_CTRL_GCM_SET_TAG");
  unsigned char rest[16];
  if (EVP_DecryptFinal_ex(context, rest, &length) != 1) return std::nullopt;
  return plain;
}

std::string HmacSha256(absl::string_view key, absl::string_view data) {
  std::string out(SHA256_DIGEST_LENGTH, '\0');
  unsigned int length = 0;
  Require(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), Bytes(data), data.size(), Bytes(out), &length) !=
              nullptr,
          "HMAC");
  return out;
}

std::string Sha256(absl::string_view data) {
  std::string out(SHA256_DIGEST_LENGTH, '\0');
  SHA256(Bytes(data), data.size(), Bytes(out));
  return out;
}

std::string RandomBytes(size_t bytes) {
  std::string out(bytes, '\0');
  if (bytes > 0) Require(RAND_bytes(Bytes(out), static_cast<int>(bytes)) == 1, "RAND_bytes");
  return out;
}

void AppendPart(std::string* out, absl::string_view part) {
  AppendBigEndian64(out, part.size());
  out->append(part.data(), part.size());
}

void AppendBigEndian64(std::string* out, uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) out->push_back(static_cast<char>(value >> shift));
}

}  // namespace shoujie::crypto
