using System.Security.Cryptography;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Sequin.Postgres.Log.Secrets;

/// <summary>
/// Unwraps what <see cref="KeyRingEncryptor"/> wrapped. Data Protection makes it from the type's name, which is stored beside each
/// key, and gives it the service provider: renaming the type makes every stored key unreadable.
/// </summary>
internal sealed class KeyRingDecryptor(IServiceProvider services) : IXmlDecryptor
{
    public XElement Decrypt(XElement encryptedElement)
    {
        var key = services.GetRequiredService<IOptions<SecretsOptions>>().Value.EncryptionKey
            ?? throw new CryptographicException($"The key ring is wrapped by a key that is not given now: set {EncryptionKey.Variable}.");
        return KeyRingEncryptor.Decrypt(key, encryptedElement);
    }
}
